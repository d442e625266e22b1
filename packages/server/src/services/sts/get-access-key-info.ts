import type { GetAccessKeyInfoRequest, GetAccessKeyInfoResponse } from '@aws-sdk/client-sts';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { accountOfAccessKey } from '../../iam/unique-id.ts';
import type { Validated } from '../validated.ts';

/** AWS: told to everybody who may ask, whether the key exists or not: the key's id holds it. */
export function getAccessKeyInfo(): Operation<
  Validated<GetAccessKeyInfoRequest>,
  GetAccessKeyInfoResponse
> {
  return {
    name: 'GetAccessKeyInfo',
    permissions: () => [{ action: 'sts:GetAccessKeyInfo', resources: ['*'] }],
    async handle({ AccessKeyId: id }) {
      const Account = accountOfAccessKey(id);
      if (Account !== undefined) return { Account };
      throw new AwsError('ValidationError', 400, `Invalid Access Key Id: ${id}`);
    },
  };
}
