/**
 * What a volume must contain, file by file: written when it is extracted, compared before it is
 * first used by each run of the server. It carries its own hash, and it can always be made again
 * from the zip, whose name is its hash.
 */
import { createHash } from 'node:crypto';

export type ManifestEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly permissions: number;
      readonly sizeBytes: number;
      readonly sha256: string;
    };

export function writeManifest(entries: readonly ManifestEntry[]): string {
  return withHash(entries);
}

/** Undefined when the text is not what was written. */
export function readManifest(text: string): readonly ManifestEntry[] | undefined {
  return readHashed(text) as readonly ManifestEntry[] | undefined;
}

/** A value as JSON that tells of its own damage. */
export function withHash(value: object): string {
  const body = JSON.stringify(value);
  return `${sha256(body)}\n${body}\n`;
}

/** Undefined when the text is not what `withHash` made. */
export function readHashed(text: string): unknown {
  const [hash, body] = text.split('\n', 2);
  if (hash === undefined || body === undefined || sha256(body) !== hash) return undefined;
  return JSON.parse(body) as unknown;
}

/** What the files hold together. */
export function bytesOf(entries: readonly ManifestEntry[]): number {
  return entries.reduce((sum, each) => (each.kind === 'file' ? sum + each.sizeBytes : sum), 0);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
