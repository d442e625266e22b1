/** Tags of objects and buckets, with AWS's rules. */
import { AwsError } from '../../core/aws-error.ts';
import type { Tag } from '../../objects/object-version.ts';
import { parseQuery } from '../../wire/query-string.ts';
import { invalidArgument } from './s3-errors.ts';

const OBJECT_TAGS = 10;
const BUCKET_TAGS = 50;
/** Letters, digits and space in any language, and `+ - = . _ : / @`. */
const allowed = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u;

/** `a=b&c=d`, as the header x-amz-tagging has it. */
export function tagsOfQuery(text: string): readonly Tag[] {
  let pairs: readonly (readonly [string, string])[];
  try {
    pairs = parseQuery(text);
  } catch {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      text,
    );
  }
  return checkTags(
    pairs.map(([Key, Value]) => ({ Key, Value })),
    'object',
  );
}

export function checkTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
  kind: 'object' | 'bucket',
): readonly Tag[] {
  const most = kind === 'object' ? OBJECT_TAGS : BUCKET_TAGS;
  if (tags.length > most) {
    throw new AwsError(
      'BadRequest',
      400,
      kind === 'object'
        ? 'Object tags cannot be greater than 10'
        : `Bucket tag count cannot be greater than ${most}`,
    );
  }
  const seen = new Set<string>();
  return tags.map(({ Key = '', Value = '' }) => {
    if (Key === '' || Key.length > 128 || !allowed.test(Key)) {
      throw invalidTag('The TagKey you have provided is invalid', Key);
    }
    if (Value.length > 256 || !allowed.test(Value)) {
      throw invalidTag('The TagValue you have provided is invalid', Key);
    }
    if (/^aws:/i.test(Key)) {
      throw invalidTag('System tags cannot be added/updated by requester', Key);
    }
    if (seen.has(Key)) {
      throw invalidTag('Cannot provide multiple Tags with the same key', Key);
    }
    seen.add(Key);
    return { Key, Value };
  });
}

function invalidTag(message: string, key: string): AwsError {
  return new AwsError('InvalidTag', 400, message, { members: { TagKey: key } });
}

/** Conditions of policies about the tags that a request brings. */
export function tagConditions(
  tags: readonly Tag[],
): Readonly<Record<string, string | readonly string[]>> {
  if (tags.length === 0) return {};
  const values = tags.map(({ Key, Value }) => [`s3:RequestObjectTag/${Key}`, Value]);
  return { ...Object.fromEntries(values), 's3:RequestObjectTagKeys': tags.map(({ Key }) => Key) };
}
