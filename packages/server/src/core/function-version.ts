/**
 * One version of a function as everything below the API sees it: immutable. An update of
 * `$LATEST` makes a new value with a new `incarnation`; an execution environment serves exactly
 * one incarnation.
 */
import type { ImageOverrides } from './image/image-config.ts';

export interface FunctionVersion {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** `$LATEST`, or a published number as digits. */
  readonly version: string;
  /** Changes whenever what would run changes (code, configuration), never otherwise. */
  readonly incarnation: string;
  /** `nodejs22.x`; a key of the runtime table. */
  readonly runtime: string;
  /** The only version of the runtime that it may run on; any where absent. */
  readonly pinnedRuntimeVersionArn?: string;
  readonly handler: string;
  readonly role: string;
  readonly architecture: Architecture;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
  readonly ephemeralMib: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logging: LoggingConfiguration;
  readonly code: CodeReference;
  /** In the order in which they are laid over each other at /opt; the later wins. */
  readonly layers?: readonly LayerReference[];
  /** In the place of code, layers, runtime and handler, which are empty then. */
  readonly image?: ImageReference;
}

/** A container image as a function has it: which one never changes, whatever its tag does. */
export interface ImageReference {
  /** Of the manifest: `sha256:` and 64 digits. */
  readonly digest: string;
  /** In the place of what the image says. */
  readonly config?: ImageOverrides;
}

/** Whether what speaks the Runtime API is the user's own. */
export function bringsRuntime({
  runtime,
  image,
}: Pick<FunctionVersion, 'runtime' | 'image'>): boolean {
  return image !== undefined || runtime.startsWith('provided');
}

/** A layer version as a function has it: its bytes stay as long as the function's version does. */
export interface LayerReference {
  readonly arn: string;
  readonly code: CodeReference;
}

export type Architecture = 'x86_64' | 'arm64';

export interface LoggingConfiguration {
  readonly format: 'Text' | 'JSON';
  readonly group: string;
  /** Only with JSON. */
  readonly applicationLevel?: string;
  readonly systemLevel?: string;
}

export interface CodeReference {
  /** Base64 SHA-256 of the zip, as the API shows it. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What `Invoker.retire` knows a version by: its qualified ARN, and the function's for `$LATEST`. */
export function versionArn(version: {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly version: string;
}): string {
  return functionArn(version, version.version === '$LATEST' ? undefined : version.version);
}

/** `arn:aws:lambda:<region>:<account>:function:<name>`, with `:<qualifier>` where given. */
export function functionArn(
  owner: { readonly account: string; readonly region: string; readonly name: string },
  qualifier?: string,
): string {
  const arn = `arn:aws:lambda:${owner.region}:${owner.account}:function:${owner.name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}
