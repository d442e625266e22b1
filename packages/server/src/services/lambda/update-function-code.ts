import type { FunctionConfiguration, UpdateFunctionCodeRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { CodeReference } from '../../core/function-version.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { translateCodeError } from './code-errors.ts';
import { findFunction, functionPermission } from './find-function.ts';
import { checkArchitecture } from './function-checks.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { cannotYet, invalidParameter } from './lambda-errors.ts';
import { showFunction } from './show-function.ts';
import { checkUpdatable, storeUpdate } from './store-update.ts';

export function updateFunctionCode(
  room: LambdaRoom,
): Operation<UpdateFunctionCodeRequest, FunctionConfiguration> {
  return {
    name: 'UpdateFunctionCode',
    permissions: (input, context) => [
      functionPermission(room.functions, 'UpdateFunctionCode', input, context),
    ],
    handle: async (input, context) => {
      const { record, address } = findFunction(room.functions, input, context);
      const zip = zipOf(input);
      const architecture = checkArchitecture(room, input.Architectures);
      checkUpdatable(record, input.RevisionId);
      try {
        return await room.code.withCode(zip, async (code) => {
          const changed = { ...record.latest, architecture, code };
          const shown =
            input.DryRun === true
              ? await tryOut(room, record, code)
              : await storeUpdate(room, record, changed);
          return showFunction(shown, address.qualifier);
        });
      } catch (error) {
        throw translateCodeError(error);
      }
    },
  };
}

/** Everything was checked; the function is shown as it is, and the upload is not kept. */
async function tryOut(
  room: LambdaRoom,
  record: FunctionRecord,
  code: CodeReference,
): Promise<FunctionRecord> {
  await room.code.remove(code, () => room.functions.refersTo(code.sha256));
  return record;
}

function zipOf(input: UpdateFunctionCodeRequest): Uint8Array {
  if (input.ImageUri !== undefined) {
    throw invalidParameter(
      "Please don't provide ImageUri when updating a function with packageType Zip.",
    );
  }
  if (input.Publish === true) throw cannotYet('published versions (Publish)');
  if (input.PublishTo !== undefined) throw cannotYet('published versions (PublishTo)');
  if (input.S3Bucket !== undefined || input.S3Key !== undefined) {
    throw cannotYet('code from S3 (S3Bucket)');
  }
  if (input.SourceKMSKeyArn !== undefined) {
    throw cannotYet('customer managed keys (SourceKMSKeyArn)');
  }
  if (input.ZipFile === undefined) {
    throw invalidParameter('Please provide a source for function code.');
  }
  return input.ZipFile;
}
