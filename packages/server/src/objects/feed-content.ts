/**
 * The chunks of a body to the content thread, in pieces: larger ones when the thread is behind, so
 * that there are fewer messages, and none for a body that is short.
 */
import type { Digests, RunningContent } from './content-client.ts';

/**
 * One message each: small enough that the disk is busy while the rest of a megabyte comes and is
 * hashed; each message wakes the thread, which costs more than a copy.
 */
const PIECE_BYTES = 262_144;

export interface FedContent {
  readonly sizeBytes: number;
  readonly digests: Digests;
}

/** The chunks are used up. Where it rejects, nothing is left. */
export async function feedContent(
  chunks: AsyncIterable<Uint8Array>,
  content: RunningContent,
): Promise<FedContent> {
  let sizeBytes = 0;
  let piece: Uint8Array[] = [];
  let pieceBytes = 0;
  try {
    for await (const chunk of chunks) {
      sizeBytes += chunk.byteLength;
      piece.push(chunk);
      pieceBytes += chunk.byteLength;
      if (pieceBytes < PIECE_BYTES) continue;
      await content.update(piece);
      [piece, pieceBytes] = [[], 0];
    }
    return { sizeBytes, digests: await content.finish(piece) };
  } catch (error) {
    await content.cancel();
    throw error;
  }
}
