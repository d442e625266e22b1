import type { DeleteFunctionRequest, DeleteFunctionResponse } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import { settingsOf, withPolicy, type FunctionRecord } from '../../functions/function-record.ts';
import { withEventInvokeConfig } from './async/event-invoke-config.ts';
import { placeOf } from './async/stored-event.ts';
import { addressOf, functionPermission } from './find-function.ts';
import { releaseSettings } from './kept-code.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { functionNotFound, invalidParameter, resourceConflict } from './lambda-errors.ts';
import { withProvisioned } from './provisioned-target.ts';

const DELETED: DeleteFunctionResponse = { StatusCode: 204 };

export function deleteFunction(
  room: LambdaRoom,
): Operation<DeleteFunctionRequest, DeleteFunctionResponse> {
  return {
    name: 'DeleteFunction',
    permissions: (input, context) => [
      functionPermission(room.functions, 'DeleteFunction', input, context),
    ],
    handle: async (input, context) => {
      const address = addressOf(room.functions, input, context);
      const { qualifier } = address;
      // AWS: these two refusals come before it looks whether the function exists.
      if (qualifier === '$LATEST') {
        throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
      }
      if (qualifier !== undefined && !/^\d+$/.test(qualifier)) {
        throw invalidParameter('Deletion of aliases is not currently supported.');
      }
      for (;;) {
        const record = room.functions.find(address);
        if (record === undefined) throw functionNotFound(address, qualifier);
        // False when it changed just now: what there is now is what gets deleted.
        const isDone =
          qualifier === undefined
            ? await deleteWhole(room, record)
            : await deleteVersion(room, record, qualifier);
        if (isDone) return DELETED;
      }
    },
  };
}

async function deleteWhole(room: LambdaRoom, record: FunctionRecord): Promise<boolean> {
  if (!(await room.functions.remove(record))) return false;
  room.invoker.retire(functionArn(record));
  await room.queue.drop(placeOf(record));
  for (const { version } of record.versions ?? []) {
    room.invoker.retire(functionArn(record, version));
  }
  await releaseSettings(room, settingsOf(record));
  return true;
}

/** AWS: deleting a version that is not there succeeds. */
async function deleteVersion(
  room: LambdaRoom,
  record: FunctionRecord,
  version: string,
): Promise<boolean> {
  const gone = record.versions?.find((each) => each.version === version);
  if (gone === undefined) return true;
  const aliases = (record.aliases ?? []).filter(
    (alias) => alias.version === version || alias.routing?.version === version,
  );
  if (aliases.length > 0) {
    const names = aliases.map(({ name }) => name).join(', ');
    throw resourceConflict(
      `Unable to delete version because the following aliases reference it: [${names}]`,
    );
  }
  const versions = record.versions?.filter((each) => each !== gone) ?? [];
  const rest = withProvisioned(withPolicy(record, version, undefined), version, undefined);
  const next = { ...withEventInvokeConfig(rest, version, undefined), versions };
  if (!(await room.functions.replace(record, next))) return false;
  room.invoker.retire(functionArn(record, version));
  await releaseSettings(room, [gone.settings]);
  return true;
}
