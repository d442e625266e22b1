import type { FunctionConfiguration, UpdateFunctionCodeRequest } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import type { FunctionSettings } from '../../functions/function-record.ts';
import { checkSignature } from './code-signing.ts';
import { readUpload } from './code-source.ts';
import { findLatest, functionPermission } from './find-function.ts';
import { checkArchitecture, runtimeAfterUpdate } from './function-checks.ts';
import { checkTotalSize } from './function-layers.ts';
import { imageAfterCodeUpdate, NO_ZIP, resolveImage } from './image-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { cannotYet } from './lambda-errors.ts';
import { showFunction } from './show-function.ts';
import { checkUpdatable, storeUpdate, type StoredUpdate } from './store-update.ts';
import { withUpload } from './with-upload.ts';

export function updateFunctionCode(
  room: LambdaRoom,
): Operation<UpdateFunctionCodeRequest, FunctionConfiguration> {
  return {
    name: 'UpdateFunctionCode',
    permissions: (input, context) => [
      functionPermission(room.functions, 'UpdateFunctionCode', input, context),
    ],
    handle: async (input, context) => {
      const { record, address } = findLatest(room.functions, input, context);
      refuseAtCodeUpdate(input);
      const image = imageAfterCodeUpdate(record.latest, input);
      const architecture = checkArchitecture(room, input.Architectures);
      checkUpdatable(record, input.RevisionId);
      checkSignature(room, record.codeSigningConfigArn, record.name);
      const runtimeVersionArn = await runtimeAfterUpdate(room, record);
      // A dry run checks everything and shows the function as it is.
      const store = async (change: CodeChange): Promise<FunctionConfiguration> => {
        const changed = { ...record.latest, architecture, runtimeVersionArn, ...change };
        const { record: stored, published }: StoredUpdate =
          input.DryRun === true
            ? { record }
            : await storeUpdate(room, record, changed, input.Publish === true);
        const qualifier = published?.version ?? address.qualifier;
        return showFunction(stored, { qualifier, published });
      };
      if (image !== undefined) {
        const asker = { context, functionArn: functionArn(record) };
        return await store({ code: NO_ZIP, image: await resolveImage(room, image, asker) });
      }
      const upload = await readUpload(room, input, context);
      return withUpload(room, upload, async (code) => {
        await checkTotalSize(room, code, record.latest.layers);
        return await store({ code });
      });
    },
  };
}

type CodeChange = Pick<FunctionSettings, 'code' | 'image'>;

function refuseAtCodeUpdate(input: UpdateFunctionCodeRequest): void {
  if (input.PublishTo !== undefined) throw cannotYet('capacity providers (PublishTo)');
  if (input.SourceKMSKeyArn !== undefined) {
    throw cannotYet('customer managed keys (SourceKMSKeyArn)');
  }
}
