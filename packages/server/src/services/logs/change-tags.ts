/** The one way in which the four tagging operations change a group's tags. */
import { AwsError } from '../../core/aws-error.ts';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type {
  LogGroupKey,
  LogOwner,
  LogStore,
  LogTags,
} from '../../observe/log-store/log-store.ts';
import { groupOfArn } from './log-arn.ts';
import { groupNotFound, inAwsWords, invalidParameter } from './logs-errors.ts';

export function addTags(
  logs: LogStore,
  key: LogGroupKey,
  added: LogTags,
  tooMany: () => AwsError,
): Promise<void> {
  return inAwsWords(
    logs.changeTags(key, (tags) => {
      const all = { ...tags, ...added };
      if (Object.keys(all).length > TAGS_PER_RESOURCE) throw tooMany();
      return all;
    }),
  );
}

export function removeTags(
  logs: LogStore,
  key: LogGroupKey,
  names: readonly string[],
): Promise<void> {
  return inAwsWords(
    logs.changeTags(key, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([name]) => !names.includes(name))),
    ),
  );
}

/** The group that a tagging ARN names; nothing else of CloudWatch Logs can be tagged here. */
export function taggedGroup(resourceArn: string, { account, region }: LogOwner): LogGroupKey {
  if (!/^arn:aws[\w-]*:logs:/.test(resourceArn)) {
    throw invalidParameter('The specified resource ARN is invalid.');
  }
  const group = groupOfArn(resourceArn, { account, region });
  if (group === undefined) throw groupNotFound();
  return { account, region, group };
}

export function tooManyTags(resourceArn: string): AwsError {
  return new AwsError(
    'TooManyTagsException',
    400,
    `A resource can have no more than ${TAGS_PER_RESOURCE} tags.`,
    { members: { resourceName: resourceArn } },
  );
}

export function tagsOf(
  logs: LogStore,
  key: LogGroupKey,
): { readonly tags: Record<string, string> } {
  const group = logs.findGroup(key);
  if (group === undefined) throw groupNotFound();
  return { tags: { ...group.tags } };
}
