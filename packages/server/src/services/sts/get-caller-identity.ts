import type { GetCallerIdentityRequest, GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import type { Operation } from '../../core/operation.ts';
import { invariant } from '../../lib/invariant.ts';

/** AWS: allowed for everybody who can sign, whatever any policy says. */
export function getCallerIdentity(): Operation<
  GetCallerIdentityRequest,
  GetCallerIdentityResponse
> {
  return {
    name: 'GetCallerIdentity',
    permissions: () => [],
    async handle(_input, { principal }) {
      invariant(principal.kind !== 'service', 'a service has no key to sign with');
      return { UserId: principal.userId, Account: principal.account, Arn: principal.arn };
    },
  };
}
