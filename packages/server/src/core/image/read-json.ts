/** Reads the JSON of images, which strangers wrote: every member is looked at before it is used. */

export type Json = Readonly<Record<string, unknown>>;

/** The image is not one that can be run, for a reason that is the image's own. */
export class UnsupportedImage extends Error {
  override get name(): string {
    return 'UnsupportedImage';
  }
}

export function asObject(bytes: Uint8Array, what: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UnsupportedImage(`${what} is not JSON.`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new UnsupportedImage(`${what} is not an object.`);
}

export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new UnsupportedImage(`The ${what} is missing.`);
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new UnsupportedImage(`The list of ${what} is missing.`);
}

/** Absent and null are no entries. */
export function textsOf(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return [];
  return listOf(value, what).map((each) => textOf(each, what));
}

export const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function digestOf(value: unknown): string {
  if (typeof value === 'string' && DIGEST.test(value)) return value;
  throw new UnsupportedImage('A digest is not a SHA-256.');
}

export function sizeOf(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new UnsupportedImage('A size is not a number of bytes.');
}
