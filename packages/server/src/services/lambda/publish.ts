/** What PublishVersion and `Publish: true` share: `$LATEST` as it is becomes a version. */
import type {
  FunctionRecord,
  FunctionSettings,
  PublishedVersion,
} from '../../functions/function-record.ts';
import { sameSettings } from './function-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export interface Published {
  /** To be stored, unless it is the one that was given. */
  readonly record: FunctionRecord;
  readonly published: PublishedVersion;
}

/**
 * AWS: what has not changed since the newest version is that version, whatever description is
 * asked for; and `$LATEST` gets a new revision with every version.
 */
export function publish(
  room: Pick<LambdaRoom, 'functions' | 'ids' | 'clock'>,
  record: FunctionRecord,
  description?: string,
): Published {
  const { latest, versions = [] } = record;
  const newest = versions.at(-1);
  if (newest !== undefined && isUnchanged(latest, newest)) return { record, published: newest };
  const number = room.functions.lastVersion(record) + 1;
  const published: PublishedVersion = {
    version: String(number),
    revisionId: room.ids.uuid(),
    lastModifiedMs: room.clock.nowMs(),
    state: { kind: 'pending' },
    // Environments of a version are never those of `$LATEST`, even while both are the same.
    settings: {
      ...latest,
      incarnation: room.ids.uuid(),
      description: description ?? latest.description,
    },
    latestDescription: latest.description,
  };
  return {
    record: {
      ...record,
      revisionId: room.ids.uuid(),
      versions: [...versions, published],
      lastVersion: number,
    },
    published,
  };
}

function isUnchanged(latest: FunctionSettings, newest: PublishedVersion): boolean {
  return sameSettings(latest, { ...newest.settings, description: newest.latestDescription });
}
