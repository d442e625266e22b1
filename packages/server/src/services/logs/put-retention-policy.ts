import type { PutRetentionPolicyRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords, invalidParameter } from './logs-errors.ts';

const ALLOWED_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

export function putRetentionPolicy({
  logs,
}: LogsDeps): Operation<Validated<PutRetentionPolicyRequest>> {
  return {
    name: 'PutRetentionPolicy',
    permissions: ({ logGroupName }, context) =>
      groupPermission('PutRetentionPolicy', context, logGroupName),
    handle: async ({ logGroupName, retentionInDays }, context) => {
      if (!ALLOWED_DAYS.includes(retentionInDays)) {
        throw invalidParameter(
          `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to ` +
            `satisfy constraint: Member must satisfy enum value set: [${ALLOWED_DAYS.join(', ')}]`,
        );
      }
      await inAwsWords(logs.setRetention(groupKeyOf({ logGroupName }, context), retentionInDays));
      return {};
    },
  };
}
