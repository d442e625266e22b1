/** Names of a group's segments and the place of a record among all of them. */
import path from 'node:path';

/** Where a full segment ends; the last batch may go beyond. Bounds what is scanned at a start. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;
/** No segment can be this long, so that segment and offset make one number in order. */
const PLACES_PER_SEGMENT = 2 ** 31;

export function segmentFile(folder: string, segment: number): string {
  return path.join(folder, `${String(segment).padStart(8, '0')}.log`);
}

export function indexFile(folder: string, segment: number): string {
  return path.join(folder, `${String(segment).padStart(8, '0')}.index`);
}

/** The number of a segment from its file's name; undefined for other files. */
export function segmentOf(fileName: string): number | undefined {
  const digits = /^(\d{8,})\.log$/.exec(fileName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function placeOf(segment: number, offset: number): number {
  return segment * PLACES_PER_SEGMENT + offset;
}
