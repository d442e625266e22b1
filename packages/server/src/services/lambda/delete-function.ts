import type { DeleteFunctionRequest, DeleteFunctionResponse } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import { addressOf, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { functionNotFound, invalidParameter } from './lambda-errors.ts';

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
      const address = addressOf(input, context);
      // AWS: these two refusals come before it looks whether the function exists.
      if (address.qualifier === '$LATEST') {
        throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
      }
      if (address.qualifier !== undefined && !/^\d+$/.test(address.qualifier)) {
        throw invalidParameter('Deletion of aliases is not currently supported.');
      }
      for (;;) {
        const record = room.functions.find(address);
        if (record === undefined) throw functionNotFound(address, address.qualifier);
        // AWS: deleting a version that is not there succeeds; none has been published.
        if (address.qualifier !== undefined) return DELETED;
        // False when it changed just now: what there is now is what gets deleted.
        if (!(await room.functions.remove(record))) continue;
        room.invoker.retire(functionArn(record));
        const codes = new Map(
          [record.latest, record.serving].flatMap((settings) =>
            settings === undefined ? [] : [[settings.code.sha256, settings.code] as const],
          ),
        );
        for (const [sha256, code] of codes) {
          await room.code.remove(code, () => room.functions.refersTo(sha256));
        }
        return DELETED;
      }
    },
  };
}
