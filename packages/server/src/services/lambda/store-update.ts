/**
 * What UpdateFunctionCode and UpdateFunctionConfiguration share: the preconditions, and storing
 * new settings while the old ones go on serving.
 */
import { functionArn } from '../../core/function-version.ts';
import { isPending, stepFunction, type FunctionState } from '../../core/function-state.ts';
import type {
  FunctionRecord,
  FunctionSettings,
  PublishedVersion,
} from '../../functions/function-record.ts';
import { runsTheSame } from './function-settings.ts';
import { releaseSettings } from './kept-code.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { resourceConflict, staleRevision } from './lambda-errors.ts';
import { publish } from './publish.ts';

export function checkUpdatable(record: FunctionRecord, revisionId: string | undefined): void {
  if (revisionId !== undefined && revisionId !== record.revisionId) throw staleRevision();
  if (stepFunction(record.state, { kind: 'updated' }) === undefined) throw busy(record);
}

export interface StoredUpdate {
  readonly record: FunctionRecord;
  /** The version that it was published as, where asked for. */
  readonly published?: PublishedVersion;
}

/** Resolves with the stored record once it is durable; its preparation has begun. */
export async function storeUpdate(
  room: LambdaRoom,
  record: FunctionRecord,
  changed: FunctionSettings,
  isPublished = false,
): Promise<StoredUpdate> {
  const state = stepFunction(record.state, { kind: 'updated' });
  if (state === undefined) throw busy(record);
  const { serving: earlier, ...rest } = record;
  const serving = isServed(record.state) ? record.latest : earlier;
  const incarnation =
    serving !== undefined && runsTheSame(serving, changed) ? serving.incarnation : room.ids.uuid();
  const latest: FunctionRecord = {
    ...rest,
    rowVersion: record.rowVersion + 1,
    revisionId: room.ids.uuid(),
    lastModifiedMs: room.clock.nowMs(),
    state,
    latest: { ...changed, incarnation },
    ...(serving === undefined ? {} : { serving }),
  };
  const { record: next, published } = isPublished ? publish(room, latest) : { record: latest };
  // Somebody else changed it since it was read; what matters to this caller is that.
  if (!(await room.functions.replace(record, next))) throw busy(record);
  room.settler.settle(next);
  await releaseSettings(room, [record.latest]);
  return published === undefined ? { record: next } : { record: next, published };
}

export function busy(record: FunctionRecord): Error {
  const cannot = 'The operation cannot be performed at this time.';
  return resourceConflict(
    isPending(record.state)
      ? `${cannot} The function is currently in the following state: Pending`
      : `${cannot} An update is in progress for resource: ${functionArn(record)}`,
  );
}

/** What was prepared once goes on serving while its successor is prepared. */
function isServed({ kind }: FunctionState): boolean {
  return kind === 'active' || kind === 'inactive';
}
