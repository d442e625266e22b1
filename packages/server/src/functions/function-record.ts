/**
 * One function as it is stored: everything the API shows, and what invocations run. Immutable;
 * a change makes a new record.
 */
import type {
  Architecture,
  CodeReference,
  FunctionVersion,
  ImageReference,
  LayerReference,
  LoggingConfiguration,
} from '../core/function-version.ts';
import type { ImageOverrides } from '../core/image/image-config.ts';
import type { FunctionState } from '../core/function-state.ts';
import { totalProvisioned, type ProvisionedRequest } from '../core/provisioned.ts';
import type { ResourcePolicy } from '../core/operation.ts';
import type { FunctionUrl } from './function-url.ts';

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
  /** What was published and not deleted, oldest first. */
  readonly versions?: readonly PublishedVersion[];
  /** The highest number that a version ever got, also those of earlier functions of this name. */
  readonly lastVersion?: number;
  /** In the order of their names. */
  readonly aliases?: readonly AliasRecord[];
  /** Resource policies by qualifier; the function's own is under the empty one. */
  readonly policies?: Readonly<Record<string, ResourcePolicy>>;
  /** Environments are never shared between tenants. Of the whole function, since its creation. */
  readonly tenancy?: 'PER_TENANT';
  /** What decides about code and layers that come. */
  readonly codeSigningConfigArn?: string;
  /** For all versions together; 0 blocks the function. */
  readonly reservedConcurrency?: number;
  /** Of versions and aliases, in the order of their qualifiers. */
  readonly provisioned?: readonly ProvisionedRequest[];
  /** One for the function itself and one for each alias, at most. */
  readonly urls?: readonly FunctionUrl[];
  /** Absent: a loop that it is in is stopped. */
  readonly recursiveLoop?: 'Allow';
  /** In the order of their qualifiers. */
  readonly eventInvoke?: readonly EventInvokeConfig[];
}

/** How asynchronous invocations under one qualifier are tried, and who is told of their end. */
export interface EventInvokeConfig {
  /** A version, an alias or `$LATEST`. */
  readonly qualifier: string;
  readonly lastModifiedMs: number;
  readonly maxRetries?: number;
  readonly maxAgeSeconds?: number;
  /** ARNs. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
}

/** Nothing of it changes but the state, what its runtime may do, and with policies the revision. */
export interface PublishedVersion {
  readonly version: string;
  readonly revisionId: string;
  readonly lastModifiedMs: number;
  readonly state: FunctionState;
  readonly settings: FunctionSettings;
  /** `$LATEST`'s own description then: one that changes is a change worth another version. */
  readonly latestDescription: string;
}

export interface AliasRecord {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** The part of invocations that go to one more version. */
  readonly routing?: { readonly version: string; readonly weight: number };
  readonly revisionId: string;
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
  /** Empty where the function is an image, as `runtime` and `handler` are. */
  readonly code: CodeReference;
  readonly image?: ImageSettings;
  /** As they were when the function got them; absent where there are none. */
  readonly layers?: readonly LayerReference[];
  /** Absent: another version of the runtime is used as soon as the machine has it. */
  readonly runtimeUpdates?: 'FunctionUpdate' | 'Manual';
  /** Absent for PassThrough. */
  readonly tracing?: 'Active';
  /** ARN of a queue, for events that failed. */
  readonly deadLetterArn?: string;
  readonly vpc?: VpcSettings;
}

/** A container image in the place of code. */
export interface ImageSettings {
  /** In a registry, with a tag or a digest. */
  readonly uri: string;
  /** Of the manifest that this was when the function got it: `sha256:` and 64 digits. */
  readonly digest?: string;
  /** Where it came from. */
  readonly repository?: {
    readonly account: string;
    readonly region: string;
    readonly name: string;
  };
  /** What is said in the place of the image's own; absent where nothing is. */
  readonly config?: ImageOverrides;
}

export interface VpcSettings {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly isIpv6Allowed: boolean;
}

/** The code of a function and of its layers: what must stay on disk for it. */
export function codesOf(settings: FunctionSettings): readonly CodeReference[] {
  const { code, image, layers = [] } = settings;
  return [...(image === undefined ? [code] : []), ...layers.map((layer) => layer.code)];
}

/** What invocations of `$LATEST` run now. The same object for the same record. */
export function servedVersion(record: FunctionRecord): FunctionVersion {
  return remembered(record, record, '$LATEST', record.serving ?? record.latest);
}

/** What invocations of a published version run. The same object for the same version. */
export function servedPublished(key: FunctionKey, published: PublishedVersion): FunctionVersion {
  return remembered(published, key, published.version, published.settings);
}

function remembered(
  origin: FunctionRecord | PublishedVersion,
  { account, region, name }: FunctionKey,
  version: string,
  settings: FunctionSettings,
): FunctionVersion {
  const known = served.get(origin);
  if (known !== undefined) return known;
  const {
    description: _,
    runtimeVersionArn,
    runtimeUpdates,
    environment,
    image,
    ...rest
  } = settings;
  const made = {
    account,
    region,
    name,
    version,
    environment: environment ?? {},
    ...rest,
    ...(image === undefined ? {} : { image: referenceTo(image) }),
    ...(runtimeUpdates === undefined ? {} : { pinnedRuntimeVersionArn: runtimeVersionArn }),
  };
  served.set(origin, made);
  return made;
}

/** One of an earlier release has no digest, and is never run. */
function referenceTo({ digest = '', config }: ImageSettings): ImageReference {
  return { digest, ...(config === undefined ? {} : { config }) };
}

/** Records are immutable, so what is made of one stays true; saves work on the warm path. */
const served = new WeakMap<FunctionRecord | PublishedVersion, FunctionVersion>();

/** Everything of a function that needs its code kept. */
export function settingsOf(record: FunctionRecord): readonly FunctionSettings[] {
  const { latest, serving, versions = [] } = record;
  const published = versions.map(({ settings }) => settings);
  return serving === undefined ? [latest, ...published] : [latest, serving, ...published];
}

/** What the function takes from the account's concurrency for itself alone. */
export function claimedConcurrency(record: FunctionRecord | undefined): number {
  // What is provisioned of a function with reserved concurrency is a part of that.
  return record?.reservedConcurrency ?? totalProvisioned(record?.provisioned);
}

export function policyOf(
  record: FunctionRecord | undefined,
  qualifier: string | undefined,
): ResourcePolicy | undefined {
  const key = qualifier === '$LATEST' ? '' : (qualifier ?? '');
  // A qualifier may be called as what every object has (`constructor`).
  return Object.hasOwn(record?.policies ?? {}, key) ? record?.policies?.[key] : undefined;
}

/** The record with this policy in the place of what the qualifier had; with none for undefined. */
export function withPolicy(
  record: FunctionRecord,
  qualifier: string | undefined,
  policy: ResourcePolicy | undefined,
): FunctionRecord {
  const { [qualifier ?? '']: _, ...others } = record.policies ?? {};
  const policies = policy === undefined ? others : { ...others, [qualifier ?? '']: policy };
  return { ...record, policies };
}
