import type { GetAccountSettingsRequest, GetAccountSettingsResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import type { LambdaRoom } from './lambda-deps.ts';

/** The quota of AWS for all code of a region: 75 GB. */
const TOTAL_CODE_BYTES = 80_530_636_800;

export function getAccountSettings(
  room: LambdaRoom,
): Operation<GetAccountSettingsRequest, GetAccountSettingsResponse> {
  return {
    name: 'GetAccountSettings',
    permissions: () => [{ action: 'lambda:GetAccountSettings', resources: ['*'] }],
    handle: async (_input, context) => {
      const records = room.functions.list(context);
      return {
        AccountLimit: {
          TotalCodeSize: TOTAL_CODE_BYTES,
          CodeSizeUnzipped: room.limits.unzippedCodeBytes,
          CodeSizeZipped: room.limits.zippedCodeBytes,
          ConcurrentExecutions: room.accountConcurrency,
          UnreservedConcurrentExecutions:
            room.accountConcurrency - room.functions.reservedConcurrency(context),
        },
        AccountUsage: {
          TotalCodeSize:
            sum(records.map(codeBytesOf)) +
            sum(room.layers.list(context).map(({ code }) => code.sizeBytes)),
          FunctionCount: records.length,
        },
      };
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** AWS counts what every version has, also where it is the same code. */
function codeBytesOf({ latest, versions = [] }: FunctionRecord): number {
  return versions.reduce(
    (total, { settings }) => total + settings.code.sizeBytes,
    latest.code.sizeBytes,
  );
}
