/**
 * The body of a subscription, checked. Everything that is wrong with it is told at once, joined by
 * semicolons as AWS does it. Pure. AWS: its guide shows two of the sentences ("URI port is not
 * provided; types should not be empty"); the others are in their manner.
 */
import type { TelemetryKind } from '../log/platform-event.ts';
import type { Dialect, SchemaVersion } from './telemetry-event.ts';

export interface Subscription {
  readonly dialect: Dialect;
  readonly kinds: readonly TelemetryKind[];
  readonly destination: Destination;
  readonly buffering: Buffering;
}

export type Destination =
  | {
      readonly protocol: 'HTTP';
      readonly port: number;
      readonly path: string;
      readonly method: 'POST' | 'PUT';
    }
  | { readonly protocol: 'TCP'; readonly port: number };

export interface Buffering {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export type ParsedSubscription =
  | { readonly kind: 'accepted'; readonly subscription: Subscription }
  | { readonly kind: 'refused'; readonly message: string };

const versions: Readonly<Record<Dialect['api'], readonly SchemaVersion[]>> = {
  telemetry: ['2022-07-01', '2022-12-13', '2025-01-29'],
  logs: ['2020-08-15', '2021-03-18'],
};
const kinds: readonly TelemetryKind[] = ['platform', 'function', 'extension'];
/** AWS: default, least and most of each. */
const limits: Readonly<Record<keyof Buffering, readonly [number, number, number]>> = {
  maxItems: [10_000, 1_000, 10_000],
  maxBytes: [262_144, 262_144, 1_048_576],
  timeoutMs: [1_000, 25, 30_000],
};
/** That of the Runtime API itself. */
const RESERVED_PORT = 9001;
const HOSTS: ReadonlySet<string> = new Set(['sandbox.localdomain', 'sandbox']);

type Members = Readonly<Record<string, unknown>>;

export function parseSubscription(api: Dialect['api'], body: Uint8Array): ParsedSubscription {
  const members = objectOf(body);
  if (members === undefined) {
    return { kind: 'refused', message: 'request body is not a valid JSON object' };
  }
  const problems: string[] = [];
  const schemaVersion = schemaVersionOf(api, members['schemaVersion'], problems);
  const destination = destinationOf(members['destination'], problems);
  const types = typesOf(members['types'], problems);
  const buffering = bufferingOf(members['buffering'], problems);
  if (problems.length > 0 || destination === undefined) {
    return { kind: 'refused', message: problems.join('; ') };
  }
  const dialect = { api, schemaVersion };
  return { kind: 'accepted', subscription: { dialect, kinds: types, destination, buffering } };
}

function schemaVersionOf(api: Dialect['api'], value: unknown, problems: string[]): SchemaVersion {
  const known = versions[api];
  const [oldest] = known;
  // AWS: the Logs API is older than its versions, so a request may name none.
  if (isAbsent(value) && api === 'logs' && oldest !== undefined) return oldest;
  const found = known.find((each) => each === value);
  if (found === undefined) problems.push(`schemaVersion should be one of [${known.join(', ')}]`);
  return found ?? '2022-07-01';
}

function typesOf(value: unknown, problems: string[]): readonly TelemetryKind[] {
  if (!Array.isArray(value) || value.length === 0) {
    problems.push('types should not be empty');
    return [];
  }
  if (!value.every((each) => kinds.includes(each as TelemetryKind))) {
    problems.push(`types should be among [${kinds.join(', ')}]`);
  }
  // In the order in which they were asked for, each once.
  return [...new Set(value as readonly TelemetryKind[])];
}

function destinationOf(value: unknown, problems: string[]): Destination | undefined {
  if (!isObject(value)) {
    problems.push('destination should not be empty');
    return undefined;
  }
  switch (value['protocol']) {
    case 'HTTP':
      return httpDestination(value, problems);
    case 'TCP': {
      const port = value['port'];
      if (typeof port === 'number' && isPort(port, problems)) return { protocol: 'TCP', port };
      if (typeof port !== 'number') problems.push('port is not provided');
      return undefined;
    }
    default:
      problems.push('protocol should be one of [HTTP, TCP]');
      return undefined;
  }
}

function httpDestination(value: Members, problems: string[]): Destination | undefined {
  const { URI: uri, method, encoding } = value;
  // AWS's own examples send these two members, which may be empty.
  const isPut = method === 'PUT';
  if (!isAbsent(method) && !isPut && method !== 'POST') {
    problems.push('method should be one of [POST, PUT]');
  }
  if (!isAbsent(encoding) && encoding !== 'JSON') problems.push('encoding should be JSON');
  if (typeof uri !== 'string' || uri === '') {
    problems.push('URI is not provided');
    return undefined;
  }
  const url = URL.parse(uri);
  if (url === null || url.protocol !== 'http:') {
    problems.push('URI should be of the form http://sandbox.localdomain:port/path');
    return undefined;
  }
  if (!HOSTS.has(url.hostname)) problems.push('URI host should be sandbox.localdomain');
  // A port 80 that is written out is gone after parsing, and is a port all the same.
  const isDefault = url.port === '' && /^http:\/\/[^/?#]*:0*80(?=[/?#]|$)/i.test(uri);
  if (url.port === '' && !isDefault) {
    problems.push('URI port is not provided');
    return undefined;
  }
  const port = isDefault ? 80 : Number(url.port);
  if (!isPort(port, problems)) return undefined;
  const path = url.pathname + url.search;
  return { protocol: 'HTTP', port, path, method: isPut ? 'PUT' : 'POST' };
}

function isPort(port: number, problems: string[]): boolean {
  if (port === RESERVED_PORT) problems.push(`port ${RESERVED_PORT} is reserved`);
  else if (Number.isInteger(port) && port > 0 && port < 65_536) return true;
  else problems.push('port should be between 1 and 65535');
  return false;
}

function bufferingOf(value: unknown, problems: string[]): Buffering {
  if (!isAbsent(value) && !isObject(value)) problems.push('buffering should be an object');
  const members = isObject(value) ? value : {};
  const limited = (name: keyof Buffering): number => {
    const [usual, least, most] = limits[name];
    const asked = members[name];
    if (isAbsent(asked)) return usual;
    if (typeof asked === 'number' && Number.isInteger(asked) && asked >= least && asked <= most) {
      return asked;
    }
    problems.push(`${name} should be between ${least} and ${most}`);
    return usual;
  };
  return {
    maxItems: limited('maxItems'),
    maxBytes: limited('maxBytes'),
    timeoutMs: limited('timeoutMs'),
  };
}

function objectOf(body: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
