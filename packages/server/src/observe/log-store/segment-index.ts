/**
 * The index of a full segment in a file beside it, so that a start reads no events. It is made
 * from the segment again when it is missing or damaged, and needs no fsync for that reason.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { SegmentBlock } from './segment-block.ts';
import { indexFile } from './segment-file.ts';

export async function writeIndex(
  folder: string,
  segment: number,
  blocks: readonly SegmentBlock[],
): Promise<void> {
  const text = JSON.stringify(blocks);
  const file = indexFile(folder, segment);
  await writeFile(`${file}.new`, `${crc32(text)}\n${text}`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Undefined when there is none that can be trusted. */
export async function readIndex(
  folder: string,
  segment: number,
): Promise<SegmentBlock[] | undefined> {
  try {
    const content = await readFile(indexFile(folder, segment), 'utf8');
    const end = content.indexOf('\n');
    const text = content.slice(end + 1);
    if (Number(content.slice(0, end)) !== crc32(text)) return undefined;
    return JSON.parse(text) as SegmentBlock[];
  } catch {
    // Missing, or not readable as one: the caller makes it again from the segment.
    return undefined;
  }
}
