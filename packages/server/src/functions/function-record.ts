/**
 * One function as it is stored: everything the API shows, and what invocations run. Immutable;
 * a change makes a new record.
 */
import type {
  Architecture,
  CodeReference,
  FunctionVersion,
  LoggingConfiguration,
} from '../core/function-version.ts';
import type { FunctionState } from '../core/function-state.ts';

export interface FunctionKey {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface FunctionRecord extends FunctionKey {
  /** Counts changes of the record; the repository refuses a change to another one. */
  readonly rowVersion: number;
  /** Changes with every update and again when the state settles. */
  readonly revisionId: string;
  readonly lastModifiedMs: number;
  readonly state: FunctionState;
  readonly latest: FunctionSettings;
  /** What invocations run while `latest` is being prepared, or could not be. */
  readonly serving?: FunctionSettings;
  readonly tags: Readonly<Record<string, string>>;
}

export interface FunctionSettings {
  /** Changes whenever what would run changes, never otherwise. */
  readonly incarnation: string;
  readonly description: string;
  readonly runtime: string;
  readonly runtimeVersionArn: string;
  readonly handler: string;
  readonly role: string;
  readonly architecture: Architecture;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
  readonly ephemeralMib: number;
  /** Absent when the caller has never given any, which the API shows. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly logging: LoggingConfiguration;
  readonly code: CodeReference;
}

/** What invocations of `$LATEST` run now. The same object for the same record. */
export function servedVersion(record: FunctionRecord): FunctionVersion {
  const known = versions.get(record);
  if (known !== undefined) return known;
  const { account, region, name } = record;
  const {
    description: _,
    runtimeVersionArn: __,
    environment,
    ...rest
  } = record.serving ?? record.latest;
  const version: FunctionVersion = {
    account,
    region,
    name,
    version: '$LATEST',
    environment: environment ?? {},
    ...rest,
  };
  versions.set(record, version);
  return version;
}

/** Records are immutable, so what is made of one stays true; saves work on the warm path. */
const versions = new WeakMap<FunctionRecord, FunctionVersion>();
