import type {
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  LogGroup as ShownGroup,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { LogGroup, LogOwner } from '../../observe/log-store/log-store.ts';
import { groupArn, groupPermission } from './log-arn.ts';
import { groupNameOf } from './group-key.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords, invalidParameter } from './logs-errors.ts';
import { pageOf } from './page.ts';

export function describeLogGroups({
  logs,
}: LogsDeps): Operation<DescribeLogGroupsRequest, DescribeLogGroupsResponse> {
  return {
    name: 'DescribeLogGroups',
    // AWS: `log-group::log-stream:`; a policy names `log-group:*` for it.
    permissions: (_input, context) => groupPermission('DescribeLogGroups', context, ''),
    handle: async (input, context) => {
      const { account, region } = context;
      const groups = logs.listGroups({ account, region }).filter(chooser(input, context));
      const { items, nextToken } = pageOf(groups, (group) => group.name, input);
      const logGroups = items.map(async (group) => {
        const key = { account, region, group: group.name };
        return show(context, group, await inAwsWords(logs.storedBytes(key)));
      });
      return {
        logGroups: await Promise.all(logGroups),
        ...(nextToken === undefined ? {} : { nextToken }),
      };
    },
  };
}

function chooser(input: DescribeLogGroupsRequest, owner: LogOwner): (group: LogGroup) => boolean {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = input;
  if (prefix !== undefined && pattern !== undefined) {
    throw invalidParameter(
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    );
  }
  const identifiers = input.logGroupIdentifiers?.map((logGroupIdentifier) =>
    groupNameOf({ logGroupIdentifier }, owner),
  );
  const isClass = (input.logGroupClass ?? 'STANDARD') === 'STANDARD';
  return ({ name }) =>
    isClass &&
    name.startsWith(prefix ?? '') &&
    name.includes(pattern ?? '') &&
    (identifiers?.includes(name) ?? true);
}

function show(owner: LogOwner, group: LogGroup, storedBytes: number): ShownGroup {
  const arn = groupArn(owner, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdAtMs,
    ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes,
    logGroupClass: 'STANDARD',
    logGroupArn: arn,
    deletionProtectionEnabled: false,
  };
}
