import type { FunctionConfiguration, PublishVersionRequest } from '@aws-sdk/client-lambda';
import { stepFunction } from '../../core/function-state.ts';
import type { Operation } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { findLatest, functionPermission } from './find-function.ts';
import { digestOf } from './image-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, staleRevision } from './lambda-errors.ts';
import { publish } from './publish.ts';
import { refusePublishTo } from './refused-features.ts';
import { showFunction } from './show-function.ts';
import { busy } from './store-update.ts';

export function publishVersion(
  room: LambdaRoom,
): Operation<PublishVersionRequest, FunctionConfiguration> {
  return {
    name: 'PublishVersion',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PublishVersion', input, context),
    ],
    handle: async (input, context) => {
      refusePublishTo(input);
      for (;;) {
        const { record } = findLatest(room.functions, input, context);
        checkPublishable(record, input);
        const { record: next, published } = publish(room, record, input.Description);
        // False when it changed just now: what there is now is what gets published.
        if (next !== record) {
          if (!(await room.functions.replace(record, next))) continue;
          room.settler.settle(next);
        }
        return showFunction(next, { published });
      }
    },
  };
}

function checkPublishable(record: FunctionRecord, input: PublishVersionRequest): void {
  const { CodeSha256: sha256, RevisionId: revisionId } = input;
  const { code, image } = record.latest;
  const current = image === undefined ? code.sha256 : digestOf(image);
  if (sha256 && sha256 !== current) {
    throw invalidParameter(
      `CodeSHA256 (${sha256}) is different from current CodeSHA256 in $LATEST (${current}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  }
  if (revisionId && revisionId !== record.revisionId) throw staleRevision();
  if (stepFunction(record.state, { kind: 'updated' }) === undefined) throw busy(record);
}
