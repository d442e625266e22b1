/**
 * The contract of pollers, run for each kind of source. What a source is (a queue, the shards of a
 * stream) only its own tests know.
 */
import { describe, expect, test } from 'vitest';
import type { BatchOutcome, BatchTarget, Poller, PollerSettings } from './poller.ts';
import { createRecordFilter } from './record-filter.ts';

export interface SourceUnderTest extends AsyncDisposable {
  /** Records with these contents, in this order. */
  put(contents: readonly string[]): Promise<void>;
  start(target: BatchTarget, settings: PollerSettings): Poller;
  /** How many records nobody is done with. */
  left(): number;
  /** What is in flight can be taken again. */
  giveBack(): Promise<void>;
  /** The ids and contents of the records of an event. */
  read(event: Uint8Array): readonly { readonly id: string; readonly content: string }[];
}

const settings: PollerSettings = {
  batchSize: 10,
  windowMs: 0,
  maximumConcurrency: undefined,
  filter: createRecordFilter([]),
  reportsItemFailures: false,
};
const answered = (answer: unknown): BatchOutcome => ({
  kind: 'succeeded',
  answer: Buffer.from(JSON.stringify(answer)),
});
export const until = (condition: () => unknown) =>
  expect.poll(condition, { timeout: 60_000, interval: 5 }).toBeTruthy();

/** Keeps what it is invoked with; answers as `answer` says. */
class Recorder implements BatchTarget {
  readonly batches: (readonly string[])[] = [];
  readonly sizes: number[] = [];
  underWay = 0;
  mostUnderWay = 0;
  isThere = true;
  answer: (contents: readonly string[], ids: readonly string[]) => Promise<BatchOutcome> =
    async () => answered(null);
  readonly #source: SourceUnderTest;

  constructor(source: SourceUnderTest) {
    this.#source = source;
  }

  get contents(): string[] {
    return this.batches.flat();
  }

  role() {
    return this.isThere ? { arn: 'arn:aws:iam::000000000000:role/r', sessionName: 'f' } : undefined;
  }

  async invoke({ event }: { readonly event: Uint8Array }): Promise<BatchOutcome> {
    const records = this.#source.read(event);
    const contents = records.map(({ content }) => content);
    this.batches.push(contents);
    this.sizes.push(event.byteLength);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      return await this.answer(
        contents,
        records.map(({ id }) => id),
      );
    } finally {
      this.underWay -= 1;
    }
  }

  isLooping(): boolean {
    return false;
  }
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

export function pollerContract(kind: string, open: () => Promise<SourceUnderTest>): void {
  const run = async (
    more: Partial<PollerSettings>,
    check: (source: SourceUnderTest, seen: Recorder, poller: Poller) => Promise<void>,
    before: (source: SourceUnderTest, seen: Recorder) => Promise<void> | void = () => {},
  ): Promise<void> => {
    await using source = await open();
    const seen = new Recorder(source);
    await before(source, seen);
    await using poller = source.start(seen, { ...settings, ...more });
    await check(source, seen, poller);
  };

  describe(`a poller of ${kind}`, () => {
    test('has the function invoked with every record once, and is done with it then', () =>
      run({ batchSize: 7 }, async (source, seen) => {
        await source.put(numbers(50));
        await until(() => source.left() === 0);
        expect(seen.contents.toSorted()).toEqual(numbers(50).toSorted());
        expect(seen.batches.every(({ length }) => length <= 7)).toBe(true);
      }));

    test('waits for a batch to fill as long as the window allows', () =>
      run({ batchSize: 20, windowMs: 60_000 }, async (source, seen) => {
        await source.put(numbers(13));
        await source.put(numbers(7));
        await until(() => source.left() === 0);
        expect(seen.batches.map(({ length }) => length)).toEqual([20]);
      }));

    test('lets a batch go that has not filled when the window is over', () =>
      run({ batchSize: 1_000, windowMs: 1_200 }, async (source, seen) => {
        await source.put(numbers(13));
        await until(() => source.left() === 0);
        expect(seen.contents).toHaveLength(13);
      }));

    test('is done with what the filter leaves out, without the function', () =>
      run(
        { filter: createRecordFilter(['{"body":["yes"]}']) },
        async (source, seen) => {
          await until(() => source.left() === 0);
          expect(seen.contents).toEqual(['yes', 'yes']);
        },
        (source) => source.put(['yes', 'no', 'no', 'yes']),
      ));

    test('keeps a batch that failed, whole', () =>
      run({}, async (source, seen) => {
        seen.answer = async () => ({ kind: 'failed' });
        await source.put(['a']);
        await until(() => seen.batches.length === 1 && seen.underWay === 0);
        expect(source.left()).toBe(1);
        seen.answer = async () => answered('fine');
        await source.giveBack();
        await until(() => source.left() === 0);
        expect(seen.contents).toEqual(['a', 'a']);
      }));

    test('keeps only what the function names, where it may name what failed', () =>
      run({ reportsItemFailures: true }, async (source, seen) => {
        seen.answer = async (contents, ids) => {
          const failed = ids.filter((_, at) => contents[at] === 'bad');
          return answered({
            batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })),
          });
        };
        await source.put(['good', 'bad']);
        await until(() => seen.contents.length === 2 && source.left() === 1);
        seen.answer = async () => answered({ batchItemFailures: [] });
        await source.giveBack();
        await until(() => source.left() === 0);
        expect(seen.contents.filter((each) => each === 'good')).toHaveLength(1);
        expect(seen.contents.filter((each) => each === 'bad')).toHaveLength(2);
      }));

    test('does not read the answer of a function that may not name what failed', () =>
      run({}, async (source, seen) => {
        seen.answer = async (_, ids) =>
          answered({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
        await source.put(['a', 'b']);
        await until(() => source.left() === 0);
        expect(seen.contents).toEqual(['a', 'b']);
      }));

    test('tries a batch again that was refused, as it was', () =>
      run(
        {},
        async (source, seen) => {
          await until(() => source.left() === 0);
          expect(seen.batches).toEqual([
            ['a', 'b'],
            ['a', 'b'],
          ]);
        },
        async (source, seen) => {
          seen.answer = async () =>
            seen.batches.length < 2 ? { kind: 'refused' } : answered(null);
          await source.put(['a', 'b']);
        },
      ));

    test('has no more batches under way than it may', () =>
      run(
        { batchSize: 1, maximumConcurrency: 2 },
        async (source, seen) => {
          await until(() => source.left() === 0);
          expect(seen.mostUnderWay).toBe(2);
        },
        async (source, seen) => {
          const both = Promise.withResolvers<void>();
          seen.answer = async () => {
            if (seen.underWay === 2) both.resolve();
            await both.promise;
            // A third one would have time to begin.
            await new Promise((resolve) => setTimeout(resolve, 5));
            return answered(null);
          };
          await source.put(numbers(30));
        },
      ));

    test('makes no event that is larger than an invocation takes', () =>
      run({ batchSize: 20, windowMs: 1_000 }, async (source, seen) => {
        await source.put(numbers(20).map((each) => each.padStart(700_000, '-')));
        await until(() => source.left() === 0);
        expect(Math.max(...seen.sizes)).toBeLessThanOrEqual(6_291_456);
        expect(seen.contents).toHaveLength(20);
      }));

    test('takes nothing while there is no function', () =>
      run(
        {},
        async (source, seen) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          expect(seen.batches).toEqual([]);
          seen.isThere = true;
          await until(() => source.left() === 0);
          expect(seen.contents).toEqual(['a']);
        },
        async (source, seen) => {
          seen.isThere = false;
          await source.put(['a']);
        },
      ));

    test('goes on with other settings while records flow', () =>
      run({ batchSize: 1 }, async (source, seen, poller) => {
        await source.put(numbers(5));
        await until(() => source.left() === 0);
        poller.reconfigure({ ...settings, filter: createRecordFilter(['{"body":["5"]}']) });
        await source.put(['5', '6']);
        await until(() => source.left() === 0);
        expect(seen.contents.slice(5)).toEqual(['5']);
      }));

    test('is closed when the batches under way have ended, and takes no others', () =>
      run({ batchSize: 1 }, async (source, seen, poller) => {
        const { promise, resolve } = Promise.withResolvers<BatchOutcome>();
        seen.answer = () => promise;
        await source.put(['a']);
        await until(() => seen.batches.length === 1);
        const closed = poller.close();
        await source.put(['b']);
        resolve(answered(null));
        await closed;
        expect(source.left()).toBe(1);
        expect(seen.contents).toEqual(['a']);
      }));
  });
}
