const blockBytes = 512;

/**
 * The bytes of one regular file of a tar archive, by its exact name; undefined where there is
 * none. Nothing is written by names out of the archive, so no name in it can do harm.
 */
export function fileInTar(tar: Uint8Array, name: string): Uint8Array | undefined {
  for (let at = 0; at + blockBytes <= tar.length;) {
    const header = Buffer.from(tar.buffer, tar.byteOffset + at, blockBytes);
    const size = octal(header, 124, 12);
    const start = at + blockBytes;
    const type = header[156];
    if (textOf(header, 0, 100) === name && (type === 0 || type === 0x30)) {
      return start + size <= tar.length ? tar.subarray(start, start + size) : undefined;
    }
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  return undefined;
}

function textOf(header: Buffer, start: number, length: number): string {
  const field = header.toString('latin1', start, start + length);
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}

function octal(header: Buffer, start: number, length: number): number {
  const value = Number.parseInt(textOf(header, start, length).trim(), 8);
  return Number.isNaN(value) || value < 0 ? 0 : value;
}
