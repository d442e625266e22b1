/** Lifecycle rules: what is accepted of them, which objects they mean, and when they act. */
import type { LifecycleRule as SdkRule } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Bucket, LifecycleRule } from '../../objects/bucket.ts';
import type { ObjectVersion, Tag } from '../../objects/object-version.ts';
import { malformedXml } from '../../wire/xml-reader.ts';
import { invalidArgument, notImplemented } from './s3-errors.ts';

const MOST_RULES = 1_000;
const DAY_MS = 86_400_000;

export function readRules(rules: readonly SdkRule[]): readonly LifecycleRule[] {
  if (rules.length === 0 || rules.length > MOST_RULES) throw malformedXml();
  const read = rules.map(readRule);
  const ids = new Set(read.map(({ ID }) => ID));
  if (ids.size < read.length) {
    throw invalidArgument('Rule ID must be unique. Found same ID for more than one rule', 'ID');
  }
  return read;
}

function readRule(rule: SdkRule, index: number): LifecycleRule {
  if (rule.Transitions !== undefined || rule.NoncurrentVersionTransitions !== undefined) {
    throw notImplemented('lifecycle transitions');
  }
  const { Expiration, NoncurrentVersionExpiration: noncurrent } = rule;
  const { AbortIncompleteMultipartUpload: abort } = rule;
  if (rule.Status !== 'Enabled' && rule.Status !== 'Disabled') throw malformedXml();
  if (Expiration === undefined && noncurrent === undefined && abort === undefined) {
    throw malformedXml();
  }
  if (rule.ID !== undefined && rule.ID.length > 255) {
    throw invalidArgument('ID length should not exceed allowed limit of 255', 'ID', rule.ID);
  }
  checkDays(Expiration?.Days, "'Days' for Expiration action must be a positive integer");
  checkDays(
    noncurrent?.NoncurrentDays,
    "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
  );
  checkDays(
    abort?.DaysAfterInitiation,
    "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
  );
  const { Date: date, ...expiration } = Expiration ?? {};
  if (date !== undefined && date.getTime() % DAY_MS !== 0) {
    throw invalidArgument("'Date' must be at midnight GMT", 'Date', date.toISOString());
  }
  const { ID = ruleId(rule, index), Expiration: _date, ...rest } = rule;
  return {
    ...(rest as Omit<LifecycleRule, 'ID' | 'Expiration'>),
    ID,
    ...(Expiration === undefined
      ? {}
      : {
          Expiration: {
            ...expiration,
            ...(date === undefined ? {} : { Date: date.toISOString() }),
          },
        }),
  } as LifecycleRule;
}

function checkDays(days: number | undefined, message: string): void {
  if (days !== undefined && (!Number.isInteger(days) || days < 1)) {
    throw invalidArgument(message);
  }
}

/** AWS makes one up where a rule has none. */
function ruleId(rule: SdkRule, index: number): string {
  const text = createHash('sha256')
    .update(`${index} ${JSON.stringify(rule)}`)
    .digest('base64url');
  return text.slice(0, 48);
}

/** As the API answers them. */
export function showRules(rules: readonly LifecycleRule[]): readonly object[] {
  return rules.map((rule) => {
    const date = rule.Expiration?.Date;
    if (date === undefined) return rule;
    return { ...rule, Expiration: { ...rule.Expiration, Date: new Date(date) } };
  });
}

export interface Expirable {
  readonly key: string;
  readonly size: number;
  readonly tags: readonly Tag[];
}

export function prefixOf({ Prefix, Filter }: LifecycleRule): string {
  return Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';
}

export function needsTags({ Filter }: LifecycleRule): boolean {
  return Filter?.Tag !== undefined || (Filter?.And?.Tags?.length ?? 0) > 0;
}

export function isMeant(rule: LifecycleRule, { key, size, tags }: Expirable): boolean {
  const { Filter = {} } = rule;
  const more = Filter.ObjectSizeGreaterThan ?? Filter.And?.ObjectSizeGreaterThan;
  const less = Filter.ObjectSizeLessThan ?? Filter.And?.ObjectSizeLessThan;
  const wanted = [...(Filter.Tag === undefined ? [] : [Filter.Tag]), ...(Filter.And?.Tags ?? [])];
  return (
    key.startsWith(prefixOf(rule)) &&
    (more === undefined || size > more) &&
    (less === undefined || size < less) &&
    wanted.every((tag) => tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value))
  );
}

/** AWS: so many days later, and then the next midnight. */
export function afterDays(sinceMs: number, days: number): number {
  return Math.ceil((sinceMs + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** When the rule expires a current version of that age; undefined: never. */
export function expiresAt({ Expiration }: LifecycleRule, modifiedMs: number): number | undefined {
  if (Expiration?.Date !== undefined) return Date.parse(Expiration.Date);
  return Expiration?.Days === undefined ? undefined : afterDays(modifiedMs, Expiration.Days);
}

/** The header that tells when an object will go. */
export function expirationOutput(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  let first: { readonly at: number; readonly id: string } | undefined;
  for (const rule of bucket.lifecycle ?? []) {
    if (rule.Status !== 'Enabled') continue;
    const at = expiresAt(rule, version.modifiedMs);
    const object = { key: version.key, size: version.size, tags: version.details.tags };
    if (at === undefined || !isMeant(rule, object)) continue;
    if (first === undefined || at < first.at) first = { at, id: rule.ID };
  }
  if (first === undefined) return {};
  const date = new Date(first.at).toUTCString();
  return { Expiration: `expiry-date="${date}", rule-id="${encodeURIComponent(first.id)}"` };
}
