import type { CreateLogGroupRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords, invalidParameter, unsupported } from './logs-errors.ts';

export function createLogGroup({ logs }: LogsDeps): Operation<Validated<CreateLogGroupRequest>> {
  return {
    name: 'CreateLogGroup',
    permissions: (input, context) => [
      ...groupPermission('CreateLogGroup', context, input.logGroupName),
      // AWS: tags at creation need the right to tag as well.
      ...(input.tags === undefined
        ? []
        : groupPermission('TagResource', context, input.logGroupName)),
    ],
    handle: async (input, context) => {
      if (/^aws\//i.test(input.logGroupName)) {
        throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.');
      }
      if (input.kmsKeyId !== undefined) throw unsupported('kmsKeyId');
      if (input.deletionProtectionEnabled === true) throw unsupported('deletionProtectionEnabled');
      if ((input.logGroupClass ?? 'STANDARD') !== 'STANDARD') {
        throw unsupported(`logGroupClass ${input.logGroupClass}`);
      }
      const key = groupKeyOf({ logGroupName: input.logGroupName }, context);
      await inAwsWords(logs.createGroup(key, input.tags ?? {}));
      return {};
    },
  };
}
