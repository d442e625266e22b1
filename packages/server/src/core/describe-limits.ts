/** The reference page of the limits, from the constants that are enforced. */
import * as limits from './limits.ts';

interface Row {
  readonly what: string;
  readonly limit: string;
  /** The option that changes it. */
  readonly option?: string;
}

const bytes = (count: number): string => `${count.toLocaleString('en-US')} bytes`;
const number = (count: number): string => count.toLocaleString('en-US');

const rows: readonly Row[] = [
  { what: 'Payload and answer of an invocation', limit: bytes(limits.SYNC_PAYLOAD_BYTES) },
  { what: 'A streamed answer', limit: bytes(limits.STREAMED_RESPONSE_BYTES) },
  {
    what: `Its rate after the first ${bytes(limits.STREAM_BURST_BYTES)}`,
    limit: `${bytes(limits.STREAM_BYTES_PER_SECOND)} a second`,
    option: 'HEARTH_STREAM_RATE',
  },
  { what: 'A request that brings code', limit: bytes(limits.CODE_REQUEST_BYTES) },
  { what: 'A zip in a request', limit: bytes(limits.ZIPPED_CODE_BYTES) },
  { what: 'Code and layers, unpacked', limit: bytes(limits.UNZIPPED_CODE_BYTES) },
  { what: 'Any other request', limit: bytes(limits.REQUEST_BYTES) },
  { what: 'Environment variables, as JSON', limit: bytes(limits.ENVIRONMENT_BYTES) },
  { what: 'X-Amz-Client-Context, in base64', limit: bytes(limits.CLIENT_CONTEXT_BYTES) },
  { what: 'The log in an answer (X-Amz-Log-Result)', limit: bytes(limits.LOG_TAIL_BYTES) },
  {
    what: 'Timeout',
    limit: `${number(limits.MAX_TIMEOUT_SECONDS)} s, ${limits.DEFAULT_TIMEOUT_SECONDS} s unless given`,
  },
  {
    what: 'Memory',
    limit: `${limits.LEAST_MEMORY_MIB} to ${number(limits.MAX_MEMORY_MIB)} MB, ${limits.DEFAULT_MEMORY_MIB} MB unless given`,
  },
  { what: 'Memory for each virtual CPU', limit: `${number(limits.MEMORY_MIB_PER_CPU)} MB` },
  { what: '/tmp unless given', limit: `${limits.DEFAULT_EPHEMERAL_MIB} MB` },
  { what: 'Processes and threads', limit: number(limits.SANDBOX_PROCESSES) },
  { what: 'File descriptors of a process', limit: number(limits.SANDBOX_FILE_DESCRIPTORS) },
  { what: 'Extensions', limit: number(limits.MAX_EXTENSIONS) },
  { what: 'Init', limit: `${number(limits.INIT_TIMEOUT_MS)} ms` },
  {
    what: 'Init of a provisioned environment',
    limit: `${number(limits.PROVISIONED_INIT_TIMEOUT_MS)} ms, or the timeout where that is longer`,
  },
  {
    what: 'Concurrent executions of an account in a region',
    limit: number(limits.ACCOUNT_CONCURRENCY),
    option: 'HEARTH_CONCURRENCY',
  },
  { what: 'Of them not to be reserved', limit: number(limits.MIN_UNRESERVED_CONCURRENCY) },
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
  {
    what: 'Idle time after which a function is Inactive',
    limit: `${limits.INACTIVE_AFTER_MS / 86_400_000} days`,
    option: 'HEARTH_INACTIVE_AFTER',
  },
  { what: 'Layers of a function', limit: number(limits.LAYERS_PER_FUNCTION) },
  { what: 'Tags of a resource', limit: number(limits.TAGS_PER_RESOURCE) },
  { what: 'Functions on a page of a list', limit: number(limits.FUNCTIONS_PER_PAGE) },
];

/** The page, in Markdown. */
export function limitsReference(): string {
  const lines = rows.map(({ what, limit, option }) => {
    const changedBy = option === undefined ? '' : `[\`${option}\`](../options.md)`;
    return `| ${what} | ${limit} | ${changedBy} |`;
  });
  return `# Limits of Lambda

As on AWS. What an option changes names it; the others are fixed. The forms and lengths of single members are in the answers that
refuse them. This page is written from \`packages/server/src/core/limits.ts\` by \`node scripts/write-reference.ts\`.

| what | limit | changed by |
|---|---|---|
${lines.join('\n')}
`;
}
