/** Tags: their rules, and what policies may ask about them. */
import type { Tag as ApiTag } from '@aws-sdk/client-iam';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { Tag } from '../../iam/entity.ts';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import { invalidInput, limitExceeded } from './iam-errors.ts';

/** Throws for what AWS refuses: a key twice, whatever its case. */
export function readTags(tags: readonly ApiTag[] | undefined): readonly Tag[] {
  const read = (tags ?? []).map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '' }));
  if (new Set(read.map(({ key }) => key.toLowerCase())).size < read.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  return read;
}

/** What is given replaces what has the same key, whatever its case. */
export function mergeTags(known: readonly Tag[], given: readonly Tag[]): readonly Tag[] {
  const merged = [
    ...withoutTags(
      known,
      given.map(({ key }) => key),
    ),
    ...given,
  ];
  if (merged.length > TAGS_PER_RESOURCE) {
    throw limitExceeded(`The number of tags has reached the maximum limit.`);
  }
  return merged;
}

export function withoutTags(known: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return known.filter(({ key }) => !gone.has(key.toLowerCase()));
}

export function describeTags(tags: readonly Tag[]): ApiTag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

/** `aws:RequestTag/...` and `aws:TagKeys` of a request that sets tags. */
export function requestTagKeys(tags: readonly ApiTag[] | undefined): OperationKeys {
  if (tags === undefined || tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ Key }) => Key ?? ''),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value ?? ''])),
  };
}

/** `aws:ResourceTag/...` and IAM's own name for it. */
export function resourceTagKeys(tags: readonly Tag[]): OperationKeys {
  const pairs = tags.flatMap(({ key, value }) => [
    [`aws:ResourceTag/${key}`, value],
    [`iam:ResourceTag/${key}`, value],
  ]);
  return Object.fromEntries(pairs) as OperationKeys;
}
