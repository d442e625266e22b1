import type { AliasConfiguration, CreateAliasRequest } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { AliasRecord, FunctionRecord } from '../../functions/function-record.ts';
import { pointTo, showAlias } from './alias-target.ts';
import { addressOf, findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { functionNotFound, resourceConflict } from './lambda-errors.ts';

export function createAlias(room: LambdaRoom): Operation<CreateAliasRequest, AliasConfiguration> {
  return {
    name: 'CreateAlias',
    permissions: (input, context) => [
      functionPermission(room.functions, 'CreateAlias', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const record = findOwner(room, input, context);
        const alias = aliasOf(room, record, input);
        const { aliases = [] } = record;
        if (aliases.some(({ name }) => name === alias.name)) {
          throw resourceConflict(`Alias already exists: ${functionArn(record, alias.name)}`);
        }
        const sorted = [...aliases, alias].sort((a, b) => (a.name < b.name ? -1 : 1));
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, { ...record, aliases: sorted }))) continue;
        return showAlias(record, alias);
      }
    },
  };
}

/** AWS: where there is no such function, it is the version of it that is not found. */
function findOwner(
  { functions }: LambdaRoom,
  input: CreateAliasRequest,
  context: OperationContext,
): FunctionRecord {
  const address = addressOf(functions, input, context);
  if (functions.find(address) === undefined) {
    throw functionNotFound(address, address.qualifier ?? input.FunctionVersion);
  }
  return findWholeFunction(functions, input, context);
}

function aliasOf(
  { ids }: LambdaRoom,
  record: FunctionRecord,
  input: CreateAliasRequest,
): AliasRecord {
  return {
    name: input.Name ?? '',
    ...pointTo(record, input.FunctionVersion ?? '', input.RoutingConfig),
    description: input.Description ?? '',
    revisionId: ids.uuid(),
  };
}
