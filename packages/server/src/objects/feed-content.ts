/**
 * The chunks of a body to the content thread, in pieces: larger ones when the thread is behind, so
 * that there are fewer messages, and none for a body that is short.
 */
import type { Digests } from './checksums.ts';
import type { RunningContent } from './content-client.ts';

/**
 * The first piece goes soon, so that the thread begins, and is all of a short body. The later ones are
 * larger: each message wakes the thread, which costs more than a copy.
 */
const FIRST_BYTES = 65_536;
const LARGEST_BYTES = 262_144;

export interface FedContent {
  readonly sizeBytes: number;
  /** It was all in the last piece: its digests are there with the first. */
  readonly isShort: boolean;
  readonly first: Buffer;
  /** All of them; its failure is told to whoever waits for it. */
  readonly digests: Promise<Digests>;
}

/** The chunks are used up. Where it rejects, nothing is left. */
export async function feedContent(
  chunks: AsyncIterable<Uint8Array>,
  content: RunningContent,
): Promise<FedContent> {
  let sizeBytes = 0;
  let piece: Uint8Array[] = [];
  let pieceBytes = 0;
  let enough = FIRST_BYTES;
  try {
    for await (const chunk of chunks) {
      sizeBytes += chunk.byteLength;
      piece.push(chunk);
      pieceBytes += chunk.byteLength;
      if (pieceBytes < enough) continue;
      await content.update(piece);
      [piece, pieceBytes, enough] = [[], 0, Math.min(enough * 2, LARGEST_BYTES)];
    }
    const digests = content.finish(piece);
    digests.catch(() => {});
    const isShort = sizeBytes < FIRST_BYTES;
    return { sizeBytes, isShort, first: await content.first(), digests };
  } catch (error) {
    await content.cancel();
    throw error;
  }
}
