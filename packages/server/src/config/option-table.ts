import { awsLimits, type Limits } from '../core/adjustable-limits.ts';

/**
 * Every option of the server, once: its environment variable, flag, type, default and words.
 * The help text, the reference page and the typed `Config` are made from this table.
 */
interface IntegerOption extends OptionWords {
  readonly type: 'integer';
  readonly default: number;
  readonly least: number;
  readonly most: number;
}

interface ChoiceOption extends OptionWords {
  readonly type: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}

interface FolderOption extends OptionWords {
  readonly type: 'folder';
  /** Made from the user's home; see `default-folders.ts`. */
  readonly default: 'data' | 'cache';
}

/** A choice, or the absolute path of a program. */
interface ProgramOption extends OptionWords {
  readonly type: 'program';
  readonly default: string;
  readonly choices: readonly string[];
}

/** The path of a file; the empty default means: none. */
interface FileOption extends OptionWords {
  readonly type: 'file';
  readonly default: '';
}

/** Several limits of Lambda: `timeoutSeconds=1800,layers=8`. */
interface LimitsOption extends OptionWords {
  readonly type: 'limits';
  readonly default: Limits;
}

/** An http or https address without a query; the empty default means: none. */
interface UrlOption extends OptionWords {
  readonly type: 'url';
  readonly default: '';
}

/** Anything but spaces and control characters; the empty default means: none. */
interface WordOption extends OptionWords {
  readonly type: 'word';
  readonly default: '';
}

interface LoopbackOption extends OptionWords {
  readonly type: 'loopback';
  readonly default: string;
}

/** Hosts of registries of images; the empty default means: none. */
interface RegistriesOption extends OptionWords {
  readonly type: 'registries';
  readonly default: '';
}

/** `host:5432, 10.1.0.0/16`; kept as text. */
interface DestinationsOption extends OptionWords {
  readonly type: 'destinations';
  readonly default: '';
}

interface OptionWords {
  readonly env: `HEARTH_${string}`;
  readonly flag: `--${string}`;
  /** What stands for the value in the help text. */
  readonly value: string;
  readonly description: string;
}

export type Option =
  | IntegerOption
  | ChoiceOption
  | FolderOption
  | FileOption
  | ProgramOption
  | LimitsOption
  | DestinationsOption
  | RegistriesOption
  | UrlOption
  | WordOption
  | LoopbackOption;

const optionTable = {
  port: {
    type: 'integer',
    env: 'HEARTH_PORT',
    flag: '--port',
    value: 'PORT',
    default: 4566,
    least: 0,
    most: 65_535,
    description: 'Port of the API; 0 takes any free one.',
  },
  host: {
    type: 'loopback',
    env: 'HEARTH_HOST',
    flag: '--host',
    value: 'ADDRESS',
    default: '127.0.0.1',
    description: 'Loopback address to listen on.',
  },
  dataDir: {
    type: 'folder',
    env: 'HEARTH_DATA_DIR',
    flag: '--data-dir',
    value: 'FOLDER',
    default: 'data',
    description: 'Where functions, roles and logs are kept. One server at a time uses it.',
  },
  cacheDir: {
    type: 'folder',
    env: 'HEARTH_CACHE_DIR',
    flag: '--cache-dir',
    value: 'FOLDER',
    default: 'cache',
    description: 'Where fetched interpreters are kept. May be deleted while no server runs.',
  },
  isolation: {
    type: 'choice',
    env: 'HEARTH_ISOLATION',
    flag: '--isolation',
    value: 'KIND',
    default: 'auto',
    choices: ['auto', 'oci', 'process'],
    description:
      'How functions are kept apart: oci (sandboxes), process (none), auto (oci where this machine can).',
  },
  ociRuntime: {
    type: 'program',
    env: 'HEARTH_OCI_RUNTIME',
    flag: '--oci-runtime',
    value: 'RUNTIME',
    default: 'auto',
    choices: ['auto', 'crun', 'runc', 'runsc', 'kata'],
    description:
      'The OCI runtime that makes the sandboxes. One that is named must work here: Hearth does not start without it.',
  },
  network: {
    type: 'choice',
    env: 'HEARTH_NETWORK',
    flag: '--network',
    value: 'KIND',
    default: 'auto',
    choices: ['auto', 'public', 'none'],
    description:
      'What functions in sandboxes reach beside Hearth: public (the internet, but neither this machine nor private networks), none, auto (public where this machine can).',
  },
  networkAllow: {
    type: 'destinations',
    env: 'HEARTH_NETWORK_ALLOW',
    flag: '--network-allow',
    value: 'PLACES',
    default: '',
    description:
      'What they reach as well: ports of this machine (found at host.hearth.internal), addresses and ranges, with or without a port.',
  },
  reuse: {
    type: 'choice',
    env: 'HEARTH_REUSE',
    flag: '--reuse',
    value: 'WHEN',
    default: 'always',
    choices: ['always', 'never'],
    description: 'Whether an execution environment serves more than one invocation.',
  },
  pool: {
    type: 'integer',
    env: 'HEARTH_POOL',
    flag: '--pool',
    value: 'NUMBER',
    default: 4,
    least: 0,
    most: 1_000,
    description:
      'Booted runtimes that wait for cold starts, of each managed runtime in use; 0 keeps none. More are kept after bursts.',
  },
  parked: {
    type: 'integer',
    env: 'HEARTH_PARKED',
    flag: '--parked',
    value: 'NUMBER',
    default: 8,
    least: 0,
    most: 1_000,
    description:
      'Sandboxes without a program that wait for cold starts of any runtime; 0 keeps none. More are kept after bursts.',
  },
  idleTimeoutSeconds: {
    type: 'integer',
    env: 'HEARTH_IDLE_TIMEOUT',
    flag: '--idle-timeout',
    value: 'SECONDS',
    default: 300,
    least: 1,
    most: 86_400,
    description: 'How long an idle execution environment is kept.',
  },
  inactiveAfterDays: {
    type: 'integer',
    env: 'HEARTH_INACTIVE_AFTER',
    flag: '--inactive-after',
    value: 'DAYS',
    default: 14,
    least: 0,
    most: 10_000,
    description:
      'Functions that nobody has invoked for so long become Inactive, and the next invocation is refused; 0 for never.',
  },
  maxAgeSeconds: {
    type: 'integer',
    env: 'HEARTH_MAX_AGE',
    flag: '--max-age',
    value: 'SECONDS',
    default: 14_400,
    least: 1,
    most: 604_800,
    description: 'How old an execution environment may become; an older one takes no invocation.',
  },
  concurrency: {
    type: 'integer',
    env: 'HEARTH_CONCURRENCY',
    flag: '--concurrency',
    value: 'NUMBER',
    default: 1_000,
    least: 1,
    most: 100_000,
    description: 'Concurrent executions of an account; more are throttled.',
  },
  limits: {
    type: 'limits',
    env: 'HEARTH_LIMITS',
    flag: '--limits',
    value: 'NAME=NUMBER,...',
    default: awsLimits,
    description: "Limits of Lambda that shall not be AWS's.",
  },
  asyncRetrySeconds: {
    type: 'integer',
    env: 'HEARTH_ASYNC_RETRY',
    flag: '--async-retry',
    value: 'SECONDS',
    default: 60,
    least: 0,
    most: 3_600,
    description:
      'Pause before an asynchronous invocation that failed is tried again; before the second retry it is twice as long.',
  },
  streamRate: {
    type: 'integer',
    env: 'HEARTH_STREAM_RATE',
    flag: '--stream-rate',
    value: 'MB',
    default: 2,
    least: 1,
    most: 10_000,
    description: 'Megabytes in a second of a streamed response, after its first six.',
  },
  webIdentityKeys: {
    type: 'file',
    env: 'HEARTH_WEB_IDENTITY_KEYS',
    flag: '--web-identity-keys',
    value: 'FILE',
    default: '',
    description:
      'JSON that gives the JWK set of each OpenID Connect issuer: {"https://issuer": {"keys": [...]}}. Needed by AssumeRoleWithWebIdentity.',
  },
  registries: {
    type: 'registries',
    env: 'HEARTH_REGISTRIES',
    flag: '--registries',
    value: 'HOSTS',
    default: '',
    description:
      "Registries that functions' images may be pulled from beside Hearth's own, each with a user and a password where it wants one. By https; by http on this machine.",
  },
  upstreamS3: {
    type: 'url',
    env: 'HEARTH_UPSTREAM_S3',
    flag: '--upstream-s3',
    value: 'URL',
    default: '',
    description:
      'A server that serves S3 in the place of Hearth, such as http://minio:9000: requests are authorised here, then signed anew and forwarded.',
  },
  upstreamSqs: {
    type: 'url',
    env: 'HEARTH_UPSTREAM_SQS',
    flag: '--upstream-sqs',
    value: 'URL',
    default: '',
    description: 'A server that serves SQS in the place of Hearth, in the same way.',
  },
  upstreamSns: {
    type: 'url',
    env: 'HEARTH_UPSTREAM_SNS',
    flag: '--upstream-sns',
    value: 'URL',
    default: '',
    description:
      'A server that serves SNS in the same way: for clients, for destinations and for dead-letter topics.',
  },
  upstreamEvents: {
    type: 'url',
    env: 'HEARTH_UPSTREAM_EVENTS',
    flag: '--upstream-events',
    value: 'URL',
    default: '',
    description:
      'A server whose event buses of EventBridge are in the place of our own: PutEvents and destinations are forwarded there. Rules with schedules stay here.',
  },
  upstreamAccessKeyId: {
    type: 'word',
    env: 'HEARTH_UPSTREAM_ACCESS_KEY_ID',
    flag: '--upstream-access-key-id',
    value: 'ID',
    default: '',
    description: 'The access key with which forwarded requests are signed.',
  },
  upstreamSecretAccessKey: {
    type: 'word',
    env: 'HEARTH_UPSTREAM_SECRET_ACCESS_KEY',
    flag: '--upstream-secret-access-key',
    value: 'KEY',
    default: '',
    description: 'Its secret key. As a flag every user of the machine could read it.',
  },
  upstreamRegion: {
    type: 'word',
    env: 'HEARTH_UPSTREAM_REGION',
    flag: '--upstream-region',
    value: 'REGION',
    default: '',
    description: 'The region of forwarded requests; without it, that of the request itself.',
  },
  logLevel: {
    type: 'choice',
    env: 'HEARTH_LOG_LEVEL',
    flag: '--log-level',
    value: 'LEVEL',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    description: "The least level of the server's own log.",
  },
  shutdownGraceSeconds: {
    type: 'integer',
    env: 'HEARTH_SHUTDOWN_GRACE',
    flag: '--shutdown-grace',
    value: 'SECONDS',
    default: 10,
    least: 0,
    most: 900,
    description: 'How long running invocations may take to finish after SIGTERM.',
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof optionTable;

export const optionList: readonly (Option & { readonly name: OptionName })[] = Object.entries(
  optionTable,
).map(([name, option]) => ({ ...option, name: name as OptionName }));

type ValueOf<Each extends Option> = Each extends { type: 'integer' }
  ? number
  : Each extends { type: 'choice'; choices: readonly (infer Choice)[] }
    ? Choice
    : Each extends { type: 'limits' }
      ? Limits
      : string;

export type OptionValues = {
  readonly [Name in OptionName]: ValueOf<(typeof optionTable)[Name]>;
};
