/** Tenant isolation: what an invocation must name, and what does not go with it. */
import type { FunctionRecord } from '../../functions/function-record.ts';
import { invalidParameter } from './lambda-errors.ts';

/** AWS documents what does not go with tenants, not in which words it says so. */
export function refuseForTenants(record: FunctionRecord, what: string): void {
  if (record.tenancy === undefined) return;
  throw invalidParameter(`${what} is not supported for functions with tenant isolation.`);
}

/** AWS: such a function is invoked for one tenant each time, and no other function for any. */
export function checkTenant(record: FunctionRecord, tenantId: string | undefined): void {
  if ((record.tenancy !== undefined) === (tenantId !== undefined)) return;
  throw invalidParameter(
    tenantId === undefined
      ? 'The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.'
      : // AWS's wording from memory; its documents only say that this is refused.
        'The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.',
  );
}
