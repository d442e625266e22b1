import { expect, test } from 'vitest';
import type { ProcessExit } from '../../core/outcome.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import { PoolKind } from './pool-kind.ts';
import type { PoolMember } from './pool-member.ts';
import { PoolRefill } from './pool-refill.ts';

interface Making {
  readonly finish: () => void;
}

/** A pool of six of a kind whose members are made when the test says so. */
function startRefill(atOnce: () => number) {
  const making: Making[] = [];
  const kind = new PoolKind<PoolMember>(
    {
      name: 'kind',
      usual: 6,
      costMib: 1,
      make: () =>
        new Promise((resolve) => {
          const finish = (): void => resolve(member());
          making.push({ finish });
        }),
    },
    systemClock.monotonicMs(),
  );
  const deps = { clock: systemClock, logger: silentLogger, budgetMib: () => 100, atOnce };
  const refill = new PoolRefill(deps);
  refill.add(kind);
  refill.fill();
  return { kind, making, refill };
}

function member(exited: Promise<ProcessExit> = new Promise(() => {})): PoolMember {
  const sandbox = { exited } as unknown as Sandbox;
  return { sandbox, isReady: true, destroy: async () => {} };
}

/** Whatever follows without waiting for anything else. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('as many are made at once as may be, and the next when one of them is there', async () => {
  const { kind, making, refill } = startRefill(() => 3);
  await settled();
  expect([kind.ready, kind.making]).toEqual([0, 3]);
  making[1]?.finish();
  await settled();
  expect([kind.ready, kind.making]).toEqual([1, 3]);
  for (let each = 0; each < 6; each += 1) {
    making[each]?.finish();
    await settled();
  }
  expect([kind.ready, kind.making]).toEqual([6, 0]);
  await refill.close();
});

test('beside work one at a time is made, also of those that were begun before it', async () => {
  let atOnce = 2;
  const { kind, making, refill } = startRefill(() => atOnce);
  await settled();
  expect(kind.making).toBe(2);
  atOnce = 1;
  making[0]?.finish();
  await settled();
  expect([kind.ready, kind.making]).toEqual([1, 1]);
  making[1]?.finish();
  await settled();
  expect([kind.ready, kind.making]).toEqual([2, 1]);
  making[2]?.finish();
  const closed = refill.close();
  for (const each of making) each.finish();
  await closed;
});

test('at every step the memory of the machine is looked at once for all kinds', async () => {
  let looks = 0;
  const budgetMib = (): number => {
    looks += 1;
    return 100;
  };
  const deps = { clock: systemClock, logger: silentLogger, budgetMib, atOnce: () => 1 };
  const refill = new PoolRefill(deps);
  const make = async (): Promise<PoolMember> => member();
  const kinds = ['first', 'second', 'third'].map(
    (name) => new PoolKind({ name, usual: 1, costMib: 1, make }, systemClock.monotonicMs()),
  );
  for (const kind of kinds) refill.add(kind);
  refill.fill();
  await settled();
  expect(kinds.map(({ ready }) => ready)).toEqual([1, 1, 1]);
  // Before each of the three, and once more to see that none is missing.
  expect(looks).toBe(4);
  await refill.close();
});

test('where others need memory, no more goes than they need, though it is not free at once', async () => {
  let missingMib = -100;
  const budgetMib = (pooledMib: number): number => pooledMib - missingMib;
  const deps = { clock: systemClock, logger: silentLogger, budgetMib, atOnce: () => 1 };
  const refill = new PoolRefill(deps);
  const make = async (): Promise<PoolMember> => member();
  const kinds = ['first', 'second'].map(
    (name) => new PoolKind({ name, usual: 4, costMib: 2, make }, systemClock.monotonicMs()),
  );
  for (const kind of kinds) refill.add(kind);
  refill.fill();
  await settled();
  expect(kinds.map(({ ready }) => ready)).toEqual([4, 4]);
  missingMib = 3;
  refill.review();
  await settled();
  expect(kinds.map(({ ready }) => ready)).toEqual([2, 4]);
  await refill.close();
});

test('those that are lost together are replaced at once, those that die by themselves later', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
  const deps = { clock: systemClock, logger, budgetMib: () => 100, atOnce: () => 1 };
  const refill = new PoolRefill(deps);
  const ends: ((exit: ProcessExit) => void)[] = [];
  const make = async (): Promise<PoolMember> => {
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    ends.push(resolve);
    return member(promise);
  };
  const kind = new PoolKind(
    { name: 'kind', usual: 3, costMib: 1, make },
    systemClock.monotonicMs(),
  );
  refill.add(kind);
  refill.fill();
  await settled();
  const killed = { code: null, signal: 'SIGKILL', outOfMemory: false } as const;
  for (const end of ends.splice(0)) end({ ...killed, isLost: true });
  await settled();
  expect([kind.ready, kind.failures, warnings]).toEqual([3, 0, []]);
  ends[0]?.(killed);
  await settled();
  expect([kind.ready, kind.failures, warnings]).toEqual([2, 1, ['pool.died']]);
  await refill.close();
});
