/** Hashes and writes the bodies of uploads beside the event loop. */
import { parentPort } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { serveContents } from './serve-contents.ts';
import { systemDisk } from './content-disk.ts';

const port = parentPort;
invariant(port !== null, 'content-thread runs as a worker');
serveContents(port, systemDisk);
