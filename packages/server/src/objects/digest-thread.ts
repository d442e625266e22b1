/** Hashes the bodies of uploads beside the event loop, several of them in turns. */
import { parentPort } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { releaseBuffer } from '../lib/young-buffers.ts';
import { startDigest, type RunningDigest } from './checksums.ts';
import type { DigestReply, DigestRequest } from './digest-message.ts';

const port = parentPort;
invariant(port !== null, 'digest-thread runs as a worker');

const running = new Map<number, readonly RunningDigest[]>();

port.on('message', (request: DigestRequest) => {
  const { id } = request;
  switch (request.kind) {
    case 'start':
      running.set(id, request.names.map(startDigest));
      return;
    case 'update':
      return reply({ id, kind: 'updated', bytes: update(id, request.chunks) });
    case 'finish': {
      const digests = (running.get(id) ?? []).map((each) => new Uint8Array(each.digest()));
      running.delete(id);
      return reply({ id, kind: 'finished', digests });
    }
    case 'cancel':
      running.delete(id);
  }
});

function update(id: number, chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const chunk of chunks) {
    for (const digest of running.get(id) ?? []) digest.update(chunk);
    bytes += chunk.byteLength;
  }
  releaseBuffer(bytes);
  return bytes;
}

function reply(message: DigestReply): void {
  port?.postMessage(message);
}
