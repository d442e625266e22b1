/**
 * Lifecycle rules at work: expired objects are deleted (or hidden under a marker), old versions
 * and markers that hide nothing are removed, and uploads that nobody finished are aborted. Beside
 * the rules, uploads are given up when they are a month old: nobody knows their ids any more.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { startRounds, type Rounds } from '../../lib/rounds.ts';
import type { Bucket, LifecycleRule } from '../../objects/bucket.ts';
import { listObjects } from '../../objects/list-objects.ts';
import { listVersions, type ListedVersion } from '../../objects/list-versions.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import { afterDays, expiresAt, isMeant, needsTags, prefixOf } from './lifecycle-rules.ts';
import type { EventCause, ObjectEvents } from './object-events.ts';

export interface LifecycleDeps {
  readonly objects: ObjectStore;
  readonly events: ObjectEvents;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** AWS acts about once a day; what is due is not kept longer than this here. */
const ROUND_MS = 3_600_000;
const DAY_MS = 86_400_000;
const UPLOAD_DAYS = 30;
const PAGE = 1_000;

/** Nobody: the service acts by itself. */
const cause: EventCause = {
  principal: { kind: 'service', service: 's3.amazonaws.com' },
  requestId: '',
};

export function startLifecycle(deps: LifecycleDeps): Rounds {
  return startRounds(() => runAll(deps), {
    everyMs: ROUND_MS,
    // What is due now is due in the next round as well.
    onError: (error) => deps.logger.error('lifecycle.failed', { error }),
  });
}

async function runAll(deps: LifecycleDeps): Promise<void> {
  for (const bucket of deps.objects.buckets.all()) {
    const rules = (bucket.lifecycle ?? []).filter(({ Status }) => Status === 'Enabled');
    for (const rule of rules) {
      if (rule.Expiration !== undefined) await expireCurrent(deps, bucket, rule);
      if (needsVersions(rule)) await expireVersions(deps, bucket, rule);
    }
    await abortUploads(deps, bucket, rules);
  }
  deps.events.wake();
}

function needsVersions(rule: LifecycleRule): boolean {
  return (
    rule.NoncurrentVersionExpiration !== undefined ||
    rule.Expiration?.ExpiredObjectDeleteMarker === true
  );
}

async function expireCurrent(
  deps: LifecycleDeps,
  bucket: Bucket,
  rule: LifecycleRule,
): Promise<void> {
  const { objects, clock } = deps;
  const now = clock.nowMs();
  const isDue = (modifiedMs: number): boolean =>
    (expiresAt(rule, modifiedMs) ?? Number.POSITIVE_INFINITY) <= now;
  let after = '';
  for (;;) {
    const request = { prefix: prefixOf(rule), delimiter: '', after, most: PAGE };
    const { entries, isTruncated } = await listObjects(objects.store, bucket, request);
    for (const entry of entries) {
      if (entry.kind === 'object' && isDue(entry.modifiedMs)) {
        await expire(deps, bucket, rule, entry.key, isDue);
      }
    }
    after = entries.at(-1)?.key ?? '';
    if (!isTruncated) return;
  }
}

async function expire(
  { objects, events, clock }: LifecycleDeps,
  bucket: Bucket,
  rule: LifecycleRule,
  key: string,
  isDue: (modifiedMs: number) => boolean,
): Promise<void> {
  const isStillMeant = (found: ObjectVersion | undefined): boolean =>
    found !== undefined &&
    !found.isMarker &&
    isDue(found.modifiedMs) &&
    isMeant(rule, { key, size: found.size, tags: found.details.tags });
  if (!isStillMeant(await objects.objects.current(bucket, key))) return;
  try {
    const { dropped } = await objects.objects.delete(bucket, key, clock.nowMs(), {
      // Written anew since it was looked at: then it is not due.
      check: (current) => {
        if (!isStillMeant(current)) throw new NotDue();
      },
      also: (version) =>
        events.statements(
          bucket,
          version.isMarker
            ? 'LifecycleExpiration:DeleteMarkerCreated'
            : 'LifecycleExpiration:Delete',
          version,
          cause,
        ),
    });
    objects.drop(dropped);
  } catch (error) {
    if (!(error instanceof NotDue)) throw error;
  }
}

class NotDue extends Error {}

async function expireVersions(
  deps: LifecycleDeps,
  bucket: Bucket,
  rule: LifecycleRule,
): Promise<void> {
  const { store } = deps.objects;
  let place: { readonly after: string; readonly afterVersion?: string } = { after: '' };
  let ofKey: ListedVersion[] = [];
  for (;;) {
    const request = { prefix: prefixOf(rule), delimiter: '', ...place, most: PAGE };
    const { entries, isTruncated } = await listVersions(store, bucket, request);
    for (const entry of entries) {
      if (entry.kind !== 'version') continue;
      if (ofKey[0]?.key !== entry.key) {
        await expireVersionsOf(deps, bucket, rule, ofKey);
        ofKey = [];
      }
      ofKey.push(entry);
    }
    const last = entries.at(-1);
    if (!isTruncated || last?.kind !== 'version') break;
    place = { after: last.key, afterVersion: last.version };
  }
  await expireVersionsOf(deps, bucket, rule, ofKey);
}

/** The newest first. */
async function expireVersionsOf(
  deps: LifecycleDeps,
  bucket: Bucket,
  rule: LifecycleRule,
  versions: readonly ListedVersion[],
): Promise<void> {
  const now = deps.clock.nowMs();
  const [newest] = versions;
  if (newest === undefined) return;
  if (
    rule.Expiration?.ExpiredObjectDeleteMarker === true &&
    versions.length === 1 &&
    newest.isMarker &&
    newest.isCurrent
  ) {
    await removeVersion(deps, bucket, rule, newest);
    return;
  }
  const { NoncurrentDays, NewerNoncurrentVersions = 0 } = rule.NoncurrentVersionExpiration ?? {};
  if (NoncurrentDays === undefined) return;
  const older = versions.filter((each) => !each.isCurrent).slice(NewerNoncurrentVersions);
  for (const version of older) {
    // A version stopped being current when the next one came.
    const next = versions[versions.indexOf(version) - 1];
    if (next === undefined || afterDays(next.modifiedMs, NoncurrentDays) > now) continue;
    await removeVersion(deps, bucket, rule, version);
  }
}

async function removeVersion(
  { objects, events }: LifecycleDeps,
  bucket: Bucket,
  rule: LifecycleRule,
  listed: ListedVersion,
): Promise<void> {
  const { key, version, size } = listed;
  const found = needsTags(rule) ? await objects.objects.find(bucket, key, version) : undefined;
  if (!isMeant(rule, { key, size, tags: found?.details.tags ?? [] })) return;
  const { dropped } = await objects.objects.deleteVersion(bucket, key, version, {
    also: (removed) => events.statements(bucket, 'LifecycleExpiration:Delete', removed, cause),
  });
  objects.drop(dropped);
}

async function abortUploads(
  { objects, clock }: LifecycleDeps,
  bucket: Bucket,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const now = clock.nowMs();
  for (const upload of await objects.uploads.list(bucket)) {
    const isDue =
      upload.initiatedMs + UPLOAD_DAYS * DAY_MS <= now ||
      rules.some((rule) => {
        const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
        return (
          days !== undefined &&
          upload.key.startsWith(prefixOf(rule)) &&
          afterDays(upload.initiatedMs, days) <= now
        );
      });
    if (isDue) objects.drop(await objects.uploads.abort(upload));
  }
}
