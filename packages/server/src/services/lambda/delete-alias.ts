import type { DeleteAliasRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { withPolicy } from '../../functions/function-record.ts';
import { withEventInvokeConfig } from './async/event-invoke-config.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import { withUrl } from './function-urls/url-config.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { applyProvisioned, withProvisioned } from './provisioned-target.ts';

/** AWS: an alias that is not there is as good as deleted. All that is its own goes with it. */
export function deleteAlias(room: LambdaRoom): Operation<DeleteAliasRequest> {
  return {
    name: 'DeleteAlias',
    permissions: (input, context) => [
      functionPermission(room.functions, 'DeleteAlias', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const record = findWholeFunction(room.functions, input, context);
        const { aliases = [] } = record;
        const left = aliases.filter(({ name }) => name !== input.Name);
        if (left.length === aliases.length) return {};
        const rest = withUrl(withPolicy(record, input.Name, undefined), input.Name, undefined);
        const name = input.Name ?? '';
        const quiet = withEventInvokeConfig(rest, name, undefined);
        const next = { ...withProvisioned(quiet, name, undefined), aliases: left };
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, next))) continue;
        applyProvisioned(room, record);
        return {};
      }
    },
  };
}
