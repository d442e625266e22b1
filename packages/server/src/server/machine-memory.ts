/** What this machine (or the group of processes that the server is in) has of memory. */
import { totalmem } from 'node:os';
import { poolMemoryMib } from '../core/pool-size.ts';

const MIB = 1_048_576;

/** What sandboxes that wait for functions may take now, of which they have so much. */
export function poolBudgetMib(pooledMib: number): number {
  return poolMemoryMib({
    // Without a limit the kernel tells a number that no machine has.
    totalMib: Math.min(totalmem(), process.constrainedMemory() || Infinity) / MIB,
    freeMib: process.availableMemory() / MIB,
    pooledMib,
  });
}
