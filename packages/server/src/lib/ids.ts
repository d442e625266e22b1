import { randomFillSync, randomUUID } from 'node:crypto';

/** Identifiers as a dependency, so that tests are exact. */
export interface Ids {
  /** A version-4 UUID, lower case. */
  uuid(): string;
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
}

export const randomIds: Ids = {
  uuid: () => randomUUID(),
  hex: (bytes) => takeRandomHex(bytes),
};

/**
 * Random bytes are drawn in blocks: drawing a few at a time costs 20 us each, which every
 * invocation would pay for its trace id. What has been handed out is not kept.
 */
const block = Buffer.alloc(4_096);
let used = block.length;

function takeRandomHex(bytes: number): string {
  if (bytes > block.length) return randomFillSync(Buffer.alloc(bytes)).toString('hex');
  if (used + bytes > block.length) {
    randomFillSync(block);
    used = 0;
  }
  const end = used + bytes;
  const taken = block.toString('hex', used, end);
  block.fill(0, used, end);
  used = end;
  return taken;
}
