/**
 * How many environments the tenants of one function may have together, idle ones included. AWS
 * ("Troubleshooting tenant isolation"): 2,500 for every 1,000 of the function's concurrency.
 */
import type { ConcurrencyShare } from '../core/invocation.ts';
import { TENANT_ENVIRONMENTS_PER_CONCURRENCY } from '../core/limits.ts';

export function tenantEnvironmentLimit(
  share: ConcurrencyShare,
  accountConcurrency: number,
): number {
  const concurrency =
    share.kind === 'reserved' ? share.limit : accountConcurrency - share.reservedByOthers;
  return Math.floor(concurrency * TENANT_ENVIRONMENTS_PER_CONCURRENCY);
}
