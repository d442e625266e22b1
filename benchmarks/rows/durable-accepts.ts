/**
 * Row 13, first half: entries that the durable queue accepts per second from callers that each wait
 * for their own, against C4: a loop that appends as many records to a file and calls fdatasync.
 * Blocks of system and control alternate (ABBA), half a second each, on the same volume.
 */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { randomIds } from '../../packages/server/src/lib/ids.ts';
import { silentLogger } from '../../packages/server/src/lib/logger.ts';
import { openStore } from '../../packages/server/src/store/open-store.ts';
import type { DurableQueue } from '../../packages/server/src/store/queue/durable-queue.ts';
import { openDurableQueue } from '../../packages/server/src/store/queue/open-durable-queue.ts';
import type { Line } from '../scoreboard.ts';
import { median, ratio } from '../statistics.ts';

const CALLERS = 64;
const BODY = Buffer.alloc(200, 'x');
const BLOCK_MS = 500;

export async function durableAccepts(blocks: number): Promise<readonly Line[]> {
  const folder = await mkdtemp(path.join(import.meta.dirname, '../.durable-'));
  try {
    return [await measure(folder, blocks)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(folder: string, blocks: number): Promise<Line> {
  const store = await openStore({
    path: path.join(folder, 'queue.sqlite'),
    logger: silentLogger,
    hasJournal: true,
  });
  const queue = await openDurableQueue({
    store,
    clock: systemClock,
    ids: randomIds,
    logger: silentLogger,
  });
  const file = await open(path.join(folder, 'control'), 'a');
  await acceptBlock(queue);
  const rates: number[] = [];
  const controls: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const ownFirst = block % 2 === 0;
    if (ownFirst) rates.push(await acceptBlock(queue));
    controls.push(await controlBlock(file));
    if (!ownFirst) rates.push(await acceptBlock(queue));
  }
  await file.close();
  await queue.close();
  await store.close();
  const own = median(rates);
  const c4 = median(controls);
  return {
    row: '13',
    metric: `durable accepts per second, ${CALLERS} callers, ${BODY.byteLength} bytes each`,
    value: `${Math.round(own)}/s, ${ratio(own / c4)} C4`,
    control: `C4 ${Math.round(c4)}/s in batches of ${CALLERS}`,
    target: '>= 0.6 x C4',
    numbers: { perSecond: own, c4, perC4: own / c4 },
  };
}

async function acceptBlock(queue: DurableQueue): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < startedAt + BLOCK_MS) {
      await queue.send('accepts', [{ id: `entry ${count}`, body: BODY }]);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const rate = (count * 1000) / (performance.now() - startedAt);
  await queue.purge('accepts');
  return rate;
}

async function controlBlock(file: FileHandle): Promise<number> {
  const records = Buffer.alloc(BODY.byteLength * CALLERS, 'x');
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() < startedAt + BLOCK_MS) {
    await file.write(records);
    await file.datasync();
    count += CALLERS;
  }
  return (count * 1000) / (performance.now() - startedAt);
}
