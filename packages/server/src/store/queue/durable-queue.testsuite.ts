/** The contract of the port `DurableQueue`; every implementation runs it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DurableQueue, NewEntry, ReceivedEntry, ReceiveOptions } from './durable-queue.ts';

export interface QueueFixture {
  readonly queue: DurableQueue;
  /** Time passes, for the queue at least. */
  advance(ms: number): void;
  /** Ends it as a crash would, as far as its memory goes, and opens it again on the same data. */
  reopen(): Promise<void>;
  /** Flips one bit of what is stored of an entry. */
  damage(sequence: number, part: 'content' | 'state'): Promise<void>;
  end(): Promise<void>;
}

export function describeDurableQueue(name: string, start: () => Promise<QueueFixture>): void {
  describe(`${name} keeps the contract of a durable queue:`, () => {
    let fixture: QueueFixture;
    let queueName: string;
    let count = 0;
    beforeAll(async () => {
      fixture = await start();
    });
    beforeEach(() => {
      queueName = `queue ${(count += 1)}`;
    });
    afterAll(() => fixture.end());

    const send = (entries: readonly (Partial<NewEntry> & { text: string })[], to = queueName) =>
      fixture.queue.send(
        to,
        entries.map(({ text, ...rest }) => ({
          id: `id ${text}`,
          body: Buffer.from(text),
          ...rest,
        })),
      );
    const receive = (options: Partial<ReceiveOptions> = {}, from = queueName) =>
      fixture.queue.receive(from, { most: 10, visibilityMs: 30_000, ...options });
    const texts = (entries: readonly ReceivedEntry[]): string[] =>
      entries.map(({ body }) => Buffer.from(body).toString());
    const receiptOf = (entries: readonly ReceivedEntry[]): string => entries[0]?.receipt ?? '';

    test('what was sent is received with everything that was sent with it', async () => {
      const [sent] = await send([{ text: 'é\u0000', attributes: '{"a":1}', lane: 'blue' }]);
      const [received] = await receive();
      expect(received).toMatchObject({
        id: 'id é\u0000',
        attributes: '{"a":1}',
        lane: 'blue',
        receiveCount: 1,
        sequence: sent?.sequence,
        movedFrom: undefined,
      });
      expect(Buffer.from(received?.body ?? []).toString()).toBe('é\u0000');
      expect(received?.firstReceivedAtMs).toBeGreaterThan(0);
    });

    test('a received entry is invisible until its time is over, and then counts again', async () => {
      await send([{ text: 'a' }]);
      const [first] = await receive({ visibilityMs: 5_000 });
      fixture.advance(4_999);
      expect(await receive()).toEqual([]);
      fixture.advance(1);
      const [second] = await receive();
      expect(second).toMatchObject({
        receiveCount: 2,
        firstReceivedAtMs: first?.firstReceivedAtMs,
      });
      expect(second?.receipt).not.toBe(first?.receipt);
    });

    test('what was removed is never received again', async () => {
      await send([{ text: 'a' }, { text: 'b' }]);
      const received = await receive();
      const receipts = received.map(({ receipt }) => receipt);
      expect(await fixture.queue.remove(queueName, receipts)).toEqual(['held', 'held']);
      fixture.advance(60_000);
      expect(await receive()).toEqual([]);
      expect(await fixture.queue.remove(queueName, receipts)).toEqual(['gone', 'gone']);
    });

    test('an old receipt removes nothing once another has received the entry', async () => {
      await send([{ text: 'a' }]);
      const old = receiptOf(await receive({ visibilityMs: 1_000 }));
      fixture.advance(1_000);
      expect(await fixture.queue.receiptState(queueName, old)).toBe('held');
      expect(fixture.queue.counts(queueName).visible).toBe(1);
      expect(await fixture.queue.receiptState(queueName, old)).toBe('visible');
      const [again] = await receive();
      expect(await fixture.queue.remove(queueName, [old])).toEqual(['replaced']);
      expect(await fixture.queue.remove(queueName, [again?.receipt ?? ''])).toEqual(['held']);
    });

    test('an entry whose time is over can be removed as long as nobody has received it', async () => {
      await send([{ text: 'a' }]);
      const receipt = receiptOf(await receive({ visibilityMs: 1_000 }));
      fixture.advance(1_000);
      expect(fixture.queue.counts(queueName).visible).toBe(1);
      expect(await fixture.queue.remove(queueName, [receipt])).toEqual(['visible']);
      expect(await receive()).toEqual([]);
    });

    test('a delayed entry is there when its delay is over', async () => {
      await send([{ text: 'late', delayMs: 9_000 }, { text: 'now' }]);
      expect(fixture.queue.counts(queueName)).toMatchObject({ visible: 1, delayed: 1 });
      expect(texts(await receive())).toEqual(['now']);
      fixture.advance(9_000);
      expect(texts(await receive())).toEqual(['late']);
    });

    test('visibility can be prolonged and given up, by its holder only', async () => {
      await send([{ text: 'a' }]);
      const receipt = receiptOf(await receive({ visibilityMs: 1_000 }));
      expect(await fixture.queue.hold(queueName, receipt, 100_000)).toBe('held');
      fixture.advance(99_999);
      expect(await receive()).toEqual([]);
      expect(await fixture.queue.hold(queueName, receipt, 0)).toBe('held');
      expect(texts(await receive())).toEqual(['a']);
      expect(await fixture.queue.hold(queueName, receipt, 0)).toBe('replaced');
      expect(await fixture.queue.hold(queueName, '1-none', 0)).toBe('gone');
    });

    test('what nobody holds any more can be reclaimed, and old receipts are good no more', async () => {
      await send([{ text: 'a' }, { text: 'late', delayMs: 1_000 }]);
      const receipt = receiptOf(await receive());
      await fixture.queue.reclaim(queueName);
      expect(await fixture.queue.remove(queueName, [receipt])).toEqual(['replaced']);
      expect(texts(await receive())).toEqual(['a']);
      expect(fixture.queue.counts(queueName)).toMatchObject({ delayed: 1, inFlight: 1 });
    });

    test("what is postponed is in nobody's hands, waits its time and has its new attributes", async () => {
      await send([{ text: 'a', attributes: 'old' }, { text: 'b' }]);
      const [a, b] = await receive();
      const receipt = a?.receipt ?? '';
      expect(await fixture.queue.postpone(queueName, receipt, 100_000, 'new')).toBe('held');
      expect(await fixture.queue.postpone(queueName, b?.receipt ?? '', 0, 'at once')).toBe('held');
      expect(fixture.queue.counts(queueName)).toMatchObject({
        visible: 1,
        delayed: 1,
        inFlight: 0,
      });
      expect(await fixture.queue.hold(queueName, receipt, 0)).toBe('replaced');
      expect(await fixture.queue.remove(queueName, [receipt])).toEqual(['replaced']);
      expect(await fixture.queue.postpone(queueName, receipt, 0, 'again')).toBe('replaced');
      const [again] = await receive();
      expect(again).toMatchObject({ attributes: 'at once', receiveCount: 2 });
      await fixture.queue.remove(queueName, [again?.receipt ?? '']);
      fixture.advance(99_999);
      expect(await receive()).toEqual([]);
      fixture.advance(1);
      expect(await receive()).toMatchObject([{ attributes: 'new', receiveCount: 2 }]);
    });

    test('what is postponed is not reclaimed, and waits its time after a restart too', async () => {
      await send([{ text: 'held' }, { text: 'postponed' }]);
      const [, postponed] = await receive();
      await fixture.queue.postpone(queueName, postponed?.receipt ?? '', 100_000, 'new');
      await fixture.reopen();
      await fixture.queue.reclaim(queueName);
      expect(fixture.queue.counts(queueName)).toMatchObject({
        visible: 1,
        delayed: 1,
        inFlight: 0,
      });
      expect(texts(await receive({ visibilityMs: 200_000 }))).toEqual(['held']);
      fixture.advance(100_000);
      expect(await receive()).toMatchObject([{ attributes: 'new', receiveCount: 2 }]);
    });

    test('what is held while it is being postponed is as it was postponed', async () => {
      const { queue } = fixture;
      const turns = Array.from({ length: 20 }, (_, each) => each);
      await send(turns.map((each) => ({ text: `${each}`, attributes: 'old' })));
      const received = await receive({ most: turns.length });
      await Promise.all(
        received.map(async ({ receipt }, turn) => {
          const postponing = queue.postpone(queueName, receipt, 1_000, 'new');
          for (let left = turn; left > 0; left -= 1) await Promise.resolve();
          await Promise.all([postponing, queue.hold(queueName, receipt, 60_000)]);
        }),
      );
      await fixture.reopen();
      fixture.advance(1_000);
      const again = await receive({ most: turns.length });
      expect(again.map(({ attributes }) => attributes)).toEqual(turns.map(() => 'new'));
      expect(fixture.queue.quarantined).toBe(0);
    });

    test('an ordered lane gives nothing while one of its entries is in flight', async () => {
      const ordered = { isOrdered: true, lane: 'a' };
      await send([
        { text: 'a1', ...ordered },
        { text: 'b1', isOrdered: true, lane: 'b' },
        { text: 'a2', ...ordered },
        { text: 'a3', ...ordered },
      ]);
      const first = await receive({ most: 2 });
      expect(texts(first)).toEqual(['a1', 'a2']);
      expect(texts(await receive())).toEqual(['b1']);
      await fixture.queue.remove(queueName, [receiptOf(first)]);
      expect(await receive()).toEqual([]);
      await fixture.queue.hold(queueName, first[1]?.receipt ?? '', 0);
      expect(texts(await receive())).toEqual(['a2', 'a3']);
    });

    test('a delayed entry holds up what was sent after it in its ordered lane', async () => {
      await send([{ text: 'first', delayMs: 2_000, isOrdered: true, lane: 'a' }]);
      await send([{ text: 'second', isOrdered: true, lane: 'a' }]);
      expect(await receive()).toEqual([]);
      fixture.advance(2_000);
      expect(texts(await receive())).toEqual(['first', 'second']);
    });

    test('lanes take turns: a long one does not delay another', async () => {
      const many = Array.from({ length: 50 }, (_, each) => ({
        text: `many ${each}`,
        lane: 'many',
      }));
      await send(many);
      await send([{ text: 'few', lane: 'few' }]);
      expect(texts(await receive({ most: 2 }))).toContain('few');
    });

    test('a duplicate within the window is accepted and not kept, also after removal', async () => {
      const deduplication = { key: 'k', windowMs: 300_000 };
      const [first] = await send([{ text: 'a', deduplication }]);
      await fixture.queue.remove(queueName, [receiptOf(await receive())]);
      expect(await send([{ text: 'again', deduplication }])).toEqual([
        { ...first, isDuplicate: true },
      ]);
      expect(await receive()).toEqual([]);
      fixture.advance(300_000);
      expect(await send([{ text: 'anew', deduplication }])).toMatchObject([{ isDuplicate: false }]);
      expect(texts(await receive())).toEqual(['anew']);
    });

    test('of duplicates that are sent at the same moment one is kept', async () => {
      const deduplication = { key: 'k', windowMs: 300_000 };
      const sent = await Promise.all(
        [1, 2, 3].map((each) => send([{ text: `${each}`, deduplication }])),
      );
      expect(new Set(sent.flat().map(({ sequence }) => sequence)).size).toBe(1);
      expect(await receive()).toHaveLength(1);
    });

    test('an entry that was handed out too often goes to the dead-letter queue', async () => {
      const deadLetter = { queue: `${queueName} dead`, afterReceives: 2 };
      const [sent] = await send([{ text: 'poison' }, { text: 'good' }]);
      const rounds = [await receive({ deadLetter, visibilityMs: 1_000, most: 1 })];
      fixture.advance(1_000);
      rounds.push(await receive({ deadLetter, visibilityMs: 1_000, most: 1 }));
      fixture.advance(1_000);
      expect(rounds.flatMap(texts)).toEqual(['poison', 'poison']);
      expect(texts(await receive({ deadLetter }))).toEqual(['good']);
      const [dead] = await receive({}, deadLetter.queue);
      expect(dead).toMatchObject({
        id: sent?.id,
        movedFrom: queueName,
        sentAtMs: rounds[0]?.[0]?.sentAtMs,
      });
    });

    test('a held entry can be moved, and is as if sent anew', async () => {
      await send([{ text: 'a' }]);
      fixture.advance(5_000);
      const [held] = await receive();
      const target = `${queueName} target`;
      const moving = fixture.queue.move(queueName, held?.receipt ?? '', target, 'new id');
      expect(await moving).toBe('held');
      expect(fixture.queue.counts(queueName)).toMatchObject({ visible: 0, inFlight: 0 });
      const [moved] = await receive({}, target);
      expect(moved).toMatchObject({ id: 'new id', receiveCount: 1, movedFrom: queueName });
      expect(moved?.sentAtMs).toBeGreaterThanOrEqual((held?.sentAtMs ?? 0) + 5_000);
    });

    test('what is too old is not handed out', async () => {
      await send([{ text: 'old' }]);
      fixture.advance(60_000);
      await send([{ text: 'young' }]);
      expect(texts(await receive({ retentionMs: 60_000 }))).toEqual(['young']);
      fixture.advance(60_000);
      expect(texts(await receive())).toEqual(['young']);
    });

    test('old entries can be removed without receiving, but for those in flight', async () => {
      await send([{ text: 'held' }, { text: 'old' }]);
      const [held] = await receive({ most: 1, visibilityMs: 600_000 });
      fixture.advance(10_000);
      expect(await fixture.queue.expire(queueName, (held?.sentAtMs ?? 0) + 10_000)).toBe(1);
      expect(fixture.queue.counts(queueName)).toMatchObject({ visible: 0, inFlight: 1 });
    });

    test('counts say what waits and how old the oldest is', async () => {
      await send([{ text: 'a' }]);
      await send([{ text: 'b' }, { text: 'c', delayMs: 1_000 }]);
      const [first] = await receive({ most: 1 });
      expect(fixture.queue.counts(queueName)).toEqual({
        visible: 1,
        delayed: 1,
        inFlight: 1,
        oldestSentAtMs: first?.sentAtMs,
      });
      expect(fixture.queue.names()).toContain(queueName);
    });

    test('a caller that waits is served as soon as something is sent, in turn', async () => {
      const first = receive({ most: 1, waitMs: 60_000 });
      const second = receive({ most: 1, waitMs: 60_000 });
      await send([{ text: 'a' }, { text: 'b' }]);
      expect([texts(await first), texts(await second)]).toEqual([['a'], ['b']]);
    });

    test('a caller that has gone takes nothing', async () => {
      const gone = new AbortController();
      const waiting = receive({ waitMs: 60_000, signal: gone.signal });
      gone.abort();
      await send([{ text: 'a' }]);
      expect(await waiting).toEqual([]);
      expect(texts(await receive())).toEqual(['a']);
    });

    test('purging removes everything and leaves the deduplication', async () => {
      const deduplication = { key: 'k', windowMs: 300_000 };
      await send([{ text: 'a', deduplication }, { text: 'b' }, { text: 'c', delayMs: 1_000 }]);
      const receipt = receiptOf(await receive({ most: 1 }));
      await fixture.queue.purge(queueName);
      expect(await fixture.queue.receiptState(queueName, receipt)).toBe('gone');
      expect(await send([{ text: 'again', deduplication }])).toMatchObject([{ isDuplicate: true }]);
      fixture.advance(60_000);
      expect(await receive()).toEqual([]);
      await fixture.queue.drop(queueName);
      expect(await send([{ text: 'anew', deduplication }])).toMatchObject([{ isDuplicate: false }]);
    });

    test('everything is there after a restart: order, delays, holders, counts, keys', async () => {
      const deduplication = { key: 'k', windowMs: 300_000 };
      const ordered = { isOrdered: true, lane: 'a' };
      const [keyed] = await send([
        { text: 'held', deduplication, ...ordered },
        { text: 'after it', ...ordered },
        { text: 'late', delayMs: 50_000 },
      ]);
      const [held] = await receive({ most: 1, visibilityMs: 40_000 });
      await fixture.reopen();
      await fixture.queue.loaded;
      expect(fixture.queue.counts(queueName)).toMatchObject({
        visible: 1,
        delayed: 1,
        inFlight: 1,
      });
      expect(await receive()).toEqual([]);
      expect(await fixture.queue.receiptState(queueName, held?.receipt ?? '')).toBe('held');
      expect(await send([{ text: 'again', deduplication }])).toMatchObject([{ isDuplicate: true }]);
      fixture.advance(40_000);
      expect(await receive()).toMatchObject([{ id: 'id held', receiveCount: 2 }, {}]);
      fixture.advance(10_000);
      expect(texts(await receive())).toEqual(['late']);
      const [later] = await send([{ text: 'later' }]);
      expect(later?.sequence).toBeGreaterThan((keyed?.sequence ?? 0) + 2);
    });

    test('a damaged entry is kept aside, counted and never handed out', async () => {
      const before = fixture.queue.quarantined;
      const sent = await send([{ text: 'state' }, { text: 'content' }, { text: 'sound' }]);
      await fixture.damage(sent[0]?.sequence ?? 0, 'state');
      await fixture.damage(sent[1]?.sequence ?? 0, 'content');
      await fixture.reopen();
      expect(texts(await receive())).toEqual(['sound']);
      expect(fixture.queue.quarantined).toBe(before + 2);
      expect(fixture.queue.counts(queueName)).toMatchObject({ visible: 0, inFlight: 1 });
    });

    test('a backlog of one queue is not in the way of another', async () => {
      const backlog = Array.from({ length: 2_000 }, (_, each) => ({ text: `${each}` }));
      await send(backlog, `${queueName} backlog`);
      await send([{ text: 'mine' }]);
      expect(texts(await receive({ most: 1 }))).toEqual(['mine']);
      await fixture.queue.purge(`${queueName} backlog`);
      expect(fixture.queue.names()).not.toContain(`${queueName} backlog`);
    });

    const manyOf = (from: number, to: number): { text: string }[] =>
      Array.from({ length: to - from }, (_, each) => ({ text: `${from + each}` }));
    const numbersOf = (entries: readonly ReceivedEntry[]): number[] => texts(entries).map(Number);

    test('a long backlog is handed out whole and in order, also by another server', async () => {
      await send(manyOf(0, 2_500));
      await send(manyOf(2_500, 2_510));
      expect(fixture.queue.counts(queueName)).toMatchObject({ visible: 2_510, inFlight: 0 });
      const first = await receive({ most: 3 });
      await fixture.queue.remove(
        queueName,
        first.slice(0, 2).map(({ receipt }) => receipt),
      );
      await fixture.reopen();
      await send(manyOf(2_510, 2_520));
      const received = numbersOf(first);
      for (let last = received; last.length > 0; received.push(...last)) {
        last = numbersOf(await receive({ most: 400, visibilityMs: 100_000 }));
      }
      expect(received).toEqual(manyOf(0, 2_520).map(({ text }) => Number(text)));
      expect(fixture.queue.counts(queueName)).toMatchObject({ visible: 0, inFlight: 2_518 });
      await fixture.queue.purge(queueName);
    });

    test('a long backlog can be purged and expires, also what is known by its number alone', async () => {
      await send(manyOf(0, 2_500));
      fixture.advance(10_000);
      await send(manyOf(2_500, 2_503));
      const oldest = fixture.queue.counts(queueName).oldestSentAtMs ?? 0;
      expect(await fixture.queue.expire(queueName, oldest + 10_000)).toBe(2_500);
      expect(fixture.queue.counts(queueName)).toMatchObject({
        visible: 3,
        oldestSentAtMs: oldest + 10_000,
      });
      await send(manyOf(0, 2_500));
      await fixture.queue.purge(queueName);
      await fixture.reopen();
      await fixture.queue.loaded;
      expect(fixture.queue.names()).not.toContain(queueName);
    });

    test('what is accepted before the earlier ones are known comes behind them', async () => {
      await send([{ text: 'held' }, { text: 'earlier' }]);
      const [held] = await receive({ most: 1 });
      await fixture.reopen();
      await send([{ text: 'later' }]);
      expect(await fixture.queue.remove(queueName, [held?.receipt ?? ''])).toEqual(['held']);
      expect(texts(await receive())).toEqual(['earlier', 'later']);
    });

    test('many callers at once lose and double nothing', async () => {
      const senders = Array.from({ length: 20 }, (_, sender) =>
        send([{ text: `${sender} a` }, { text: `${sender} b` }]),
      );
      const receivers = Array.from({ length: 8 }, async () => {
        const mine: string[] = [];
        for (;;) {
          const batch = await receive({ most: 3, waitMs: 300 });
          if (batch.length === 0) return mine;
          mine.push(...texts(batch));
          await fixture.queue.remove(
            queueName,
            batch.map(({ receipt }) => receipt),
          );
        }
      });
      await Promise.all(senders);
      const all = (await Promise.all(receivers)).flat();
      expect(all).toHaveLength(40);
      expect(new Set(all).size).toBe(40);
    });
  });
}
