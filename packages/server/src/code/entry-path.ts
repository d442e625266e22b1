/**
 * The only names that may become files: relative, inside the volume, free of tricks. Zip names
 * are written by strangers; whatever any tool could read as "somewhere else" is refused rather
 * than repaired.
 */

/** NAME_MAX of every Linux file system in use. */
const SEGMENT_BYTES = 255;
/** Below PATH_MAX (4096), with room for the folder that the volume lies in. */
const PATH_BYTES = 2_048;

/**
 * The clean path of an entry (no `.` and no empty segments, no slash at its end), '' for the
 * root itself, or undefined when the name is not acceptable.
 */
export function entryPath(name: string): string | undefined {
  if (name.includes('\0') || name.includes('\\')) return undefined;
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return undefined;
  if (Buffer.byteLength(name) > PATH_BYTES) return undefined;
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  const isUsable = (segment: string): boolean =>
    segment !== '..' && Buffer.byteLength(segment) <= SEGMENT_BYTES;
  return segments.every(isUsable) ? segments.join('/') : undefined;
}
