/** The reference page of the limits, from the values that are enforced. */
import { adjustableLimits, type AdjustableLimit } from './adjustable-limits.ts';
import * as limits from './limits.ts';

interface Row {
  readonly what: string;
  readonly limit: string;
  /** The option that changes it. */
  readonly option?: string;
}

const number = (count: number): string => count.toLocaleString('en-US');
const bytes = (count: number): string => `${number(count)} bytes`;

const fixedRows: readonly Row[] = [
  {
    what: `The rate of a streamed answer after the first ${bytes(limits.STREAM_BURST_BYTES)}`,
    limit: `${bytes(limits.STREAM_BYTES_PER_SECOND)} a second`,
    option: 'HEARTH_STREAM_RATE',
  },
  {
    what: 'Concurrent executions of an account in a region',
    limit: number(limits.ACCOUNT_CONCURRENCY),
    option: 'HEARTH_CONCURRENCY',
  },
  {
    what: 'Idle time after which a function is Inactive',
    limit: `${limits.INACTIVE_AFTER_MS / 86_400_000} days`,
    option: 'HEARTH_INACTIVE_AFTER',
  },
  { what: 'A request without code or event', limit: bytes(limits.REQUEST_BYTES) },
  { what: 'X-Amz-Client-Context, in base64', limit: bytes(limits.CLIENT_CONTEXT_BYTES) },
  { what: 'The log in an answer (X-Amz-Log-Result)', limit: bytes(limits.LOG_TAIL_BYTES) },
  { what: 'Timeout unless given', limit: `${limits.DEFAULT_TIMEOUT_SECONDS} s` },
  {
    what: 'Memory, at least and unless given',
    limit: `${limits.LEAST_MEMORY_MIB} MB`,
  },
  { what: 'Memory for each virtual CPU', limit: `${number(limits.MEMORY_MIB_PER_CPU)} MB` },
  { what: '/tmp, at least and unless given', limit: `${limits.DEFAULT_EPHEMERAL_MIB} MB` },
  { what: 'Extensions', limit: number(limits.MAX_EXTENSIONS) },
  {
    what: 'Init of a provisioned environment',
    limit: `${number(limits.PROVISIONED_INIT_TIMEOUT_MS / 1_000)} s, or the timeout where that is longer`,
  },
  {
    what: 'New environments of a function',
    limit: `${number(limits.SCALING_ENVIRONMENTS)} in ${limits.SCALING_SECONDS} s`,
  },
  {
    what: 'Requests a second, for each unit of concurrency',
    limit: number(limits.REQUESTS_PER_CONCURRENCY),
  },
  {
    what: 'Environments of all tenants, for each unit of concurrency',
    limit: number(limits.TENANT_ENVIRONMENTS_PER_CONCURRENCY),
  },
  { what: 'Tags of a resource', limit: number(limits.TAGS_PER_RESOURCE) },
  { what: 'Functions on a page of a list', limit: number(limits.FUNCTIONS_PER_PAGE) },
];

/** The page, in Markdown. */
export function limitsReference(): string {
  const adjustable = Object.entries(adjustableLimits).map(([name, limit]) => {
    const bounds = `${number(limit.least)} to ${number(limit.most)}`;
    return `| ${limit.what} | ${shown(limit)} | \`${name}\` | ${bounds} |`;
  });
  const fixed = fixedRows.map(({ what, limit, option }) => {
    const changedBy = option === undefined ? '' : `[\`${option}\`](../options.md)`;
    return `| ${what} | ${limit} | ${changedBy} |`;
  });
  return `# Limits of Lambda

As on AWS, unless the server is told otherwise. The forms and lengths of single members are in the answers that refuse them.
This page is written from \`packages/server/src/core/\` (\`adjustable-limits.ts\`, \`limits.ts\`) by \`node scripts/write-reference.ts\`.

## Those that \`HEARTH_LIMITS\` changes

    HEARTH_LIMITS=timeoutSeconds=1800,layers=8 npm start

Errors and \`GetAccountSettings\` then tell the changed numbers. A limit bounds what is asked for from then on: a function that was
made under a higher one keeps what it has. A request that brings code may be as large as the zip makes it in base64, and 256 KB.

| what | AWS's limit | name | may be |
|---|---|---|---|
${adjustable.join('\n')}

## The others

| what | limit | changed by |
|---|---|---|
${fixed.join('\n')}
`;
}

function shown({ default: limit, unit }: AdjustableLimit): string {
  return unit === '' ? number(limit) : `${number(limit)} ${unit}`;
}
