/**
 * Lambda's quotas that whoever runs a server may change (`HEARTH_LIMITS`), by the one name that the
 * option, the code and the documentation use. The defaults are AWS's. A limit bounds what is asked
 * for from then on: a function that was made under a higher one keeps what it has.
 */

export interface AdjustableLimit {
  readonly what: string;
  readonly unit: 'bytes' | 's' | 'MB' | '';
  readonly default: number;
  readonly least: number;
  readonly most: number;
}

const table = {
  timeoutSeconds: {
    what: 'Timeout',
    unit: 's',
    default: 900,
    // What a function has that names none.
    least: 3,
    // The API model allows no more.
    most: 5_400,
  },
  memoryMib: { what: 'Memory', unit: 'MB', default: 10_240, least: 128, most: 32_768 },
  ephemeralMib: { what: '/tmp', unit: 'MB', default: 10_240, least: 512, most: 32_768 },
  /** Synchronous request payload and response: 6 MB plus AWS's 100-byte allowance [RIE]. */
  payloadBytes: {
    what: 'Payload and answer of an invocation',
    unit: 'bytes',
    default: 6_291_556,
    least: 1_024,
    // Payloads are held in memory, several at a time.
    most: 67_108_864,
  },
  /** 1 MB since October 2025. */
  eventBytes: {
    what: 'Payload of an asynchronous invocation',
    unit: 'bytes',
    default: 1_048_576,
    least: 1_024,
    most: 16_777_216,
  },
  /** 200 MB since August 2025. */
  streamBytes: {
    what: 'A streamed answer',
    unit: 'bytes',
    default: 209_715_200,
    least: 1_024,
    most: 10_737_418_240,
  },
  zippedCodeBytes: {
    what: 'A zip in a request',
    unit: 'bytes',
    default: 52_428_800,
    least: 1_024,
    // A request with it must fit into what all sandboxes together may be uploading.
    most: 134_217_728,
  },
  unzippedCodeBytes: {
    what: 'Code and layers, unpacked',
    unit: 'bytes',
    default: 262_144_000,
    least: 1_024,
    most: 1_073_741_824,
  },
  environmentBytes: {
    what: 'Environment variables, as JSON',
    unit: 'bytes',
    default: 4_096,
    least: 1_024,
    // The kernel gives a process no variable of more than 128 KB.
    most: 65_536,
  },
  layers: { what: 'Layers of a function', unit: '', default: 5, least: 0, most: 50 },
  initSeconds: { what: 'Init', unit: 's', default: 10, least: 1, most: 900 },
  processes: { what: 'Processes and threads', unit: '', default: 1_024, least: 64, most: 32_768 },
  fileDescriptors: {
    what: 'File descriptors of a process',
    unit: '',
    default: 1_024,
    least: 64,
    most: 65_536,
  },
  unreservedConcurrency: {
    what: 'Concurrency that cannot be reserved',
    unit: '',
    default: 100,
    least: 0,
    most: 100_000,
  },
} as const satisfies Record<string, AdjustableLimit>;

export type LimitName = keyof typeof table;

export const adjustableLimits: Readonly<Record<LimitName, AdjustableLimit>> = table;

export type Limits = Readonly<Record<LimitName, number>>;

/** AWS's, with these changed. */
export function limitsWith(changed: Partial<Limits> = {}): Limits {
  const entries = Object.entries(adjustableLimits).map(([name, limit]) => [name, limit.default]);
  return Object.freeze({ ...(Object.fromEntries(entries) as Limits), ...changed });
}

export const awsLimits: Limits = limitsWith();
