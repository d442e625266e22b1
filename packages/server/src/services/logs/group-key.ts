/** Which log group an input means: by name, or by name or ARN in `logGroupIdentifier`. */
import type { LogGroupKey, LogOwner } from '../../observe/log-store/log-store.ts';
import { groupOfArn } from './log-arn.ts';
import { groupNotFound, invalidParameter } from './logs-errors.ts';

export interface NamesGroup {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The group's name as far as it can be told; for permissions, which come before the handler. */
export function groupNameOf(input: NamesGroup, owner: LogOwner): string {
  const { logGroupName, logGroupIdentifier = '' } = input;
  if (logGroupName !== undefined) return logGroupName;
  return groupOfArn(logGroupIdentifier, owner) ?? logGroupIdentifier;
}

export function groupKeyOf(input: NamesGroup, { account, region }: LogOwner): LogGroupKey {
  const { logGroupName, logGroupIdentifier } = input;
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined)) {
    throw invalidParameter(
      'Exactly one of the parameters logGroupName and logGroupIdentifier must be specified.',
    );
  }
  const group = groupNameOf(input, { account, region });
  // The ARN of another account or region: nothing of it is here.
  if (group.startsWith('arn:')) throw groupNotFound();
  return { account, region, group };
}
