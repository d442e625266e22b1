import type { AliasConfiguration, UpdateAliasRequest } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import type { AliasRecord, FunctionRecord } from '../../functions/function-record.ts';
import { pointTo, showAlias, type Pointing } from './alias-target.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { notFound, staleRevision } from './lambda-errors.ts';
import { applyProvisioned, checkProvisioned } from './provisioned-target.ts';

export function updateAlias(room: LambdaRoom): Operation<UpdateAliasRequest, AliasConfiguration> {
  return {
    name: 'UpdateAlias',
    permissions: (input, context) => [
      functionPermission(room.functions, 'UpdateAlias', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const record = findWholeFunction(room.functions, input, context);
        const before = record.aliases?.find(({ name }) => name === input.Name);
        if (before === undefined) {
          throw notFound(`Alias not found: ${functionArn(record, input.Name)}`);
        }
        if (input.RevisionId && input.RevisionId !== before.revisionId) throw staleRevision();
        const after: AliasRecord = {
          name: before.name,
          ...pointingOf(record, before, input),
          description: input.Description ?? before.description,
          revisionId: room.ids.uuid(),
        };
        checkProvisioned(record, after);
        const aliases = record.aliases?.map((each) => (each === before ? after : each)) ?? [];
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, { ...record, aliases }))) continue;
        applyProvisioned(room, record);
        return showAlias(record, after);
      }
    },
  };
}

/** What is not given stays; an empty RoutingConfig ends the routing. */
function pointingOf(
  record: FunctionRecord,
  { version, routing }: AliasRecord,
  input: UpdateAliasRequest,
): Pointing {
  const kept =
    routing === undefined
      ? undefined
      : { AdditionalVersionWeights: { [routing.version]: routing.weight } };
  return pointTo(record, input.FunctionVersion ?? version, input.RoutingConfig ?? kept);
}
