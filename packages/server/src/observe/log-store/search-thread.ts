/** The thread that searches and indexes segments, so that neither runs on the event loop. */
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../lib/invariant.ts';
import { indexSegment } from './index-segment.ts';
import type { SearchThreadReply, SearchThreadRequest } from './search-message.ts';
import { searchSegments } from './search-segments.ts';

const port = parentPort;
invariant(port !== null, 'search-thread runs as a worker');

port.on('message', (request: SearchThreadRequest) => port.postMessage(answer(request)));

function answer(request: SearchThreadRequest): SearchThreadReply {
  try {
    const value = request.kind === 'search' ? searchSegments(request) : indexSegment(request);
    return { value };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
