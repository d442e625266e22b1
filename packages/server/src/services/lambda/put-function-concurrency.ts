import type { Concurrency, PutFunctionConcurrencyRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { totalProvisioned } from '../../core/provisioned.ts';
import { claimedConcurrency, type FunctionRecord } from '../../functions/function-record.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { limitRefusal } from './lambda-errors.ts';

export function putFunctionConcurrency(
  room: LambdaRoom,
): Operation<PutFunctionConcurrencyRequest, Concurrency> {
  return {
    name: 'PutFunctionConcurrency',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PutFunctionConcurrency', input, context),
    ],
    handle: async (input, context) => {
      const asked = input.ReservedConcurrentExecutions ?? 0;
      const { account, region } = findWholeFunction(room.functions, input, context);
      await room.concurrencyLock.run(`${account}/${region}`, async () => {
        for (;;) {
          const record = findWholeFunction(room.functions, input, context);
          checkUnreserved(room, record, asked);
          // False when the function changed just now: look again.
          const next = { ...record, reservedConcurrency: asked };
          if (await room.functions.replace(record, next)) return;
        }
      });
      return { ReservedConcurrentExecutions: asked };
    },
  };
}

function checkUnreserved(room: LambdaRoom, record: FunctionRecord, asked: number): void {
  const provisioned = totalProvisioned(record.provisioned);
  if (asked < provisioned) {
    // AWS: with these blanks.
    throw limitRefusal(
      ` ReservedConcurrentExecutions  ${asked} should not be lower than function's total provisioned concurrency [${provisioned}].`,
    );
  }
  const others = room.functions.reservedConcurrency(record) - claimedConcurrency(record);
  const { unreservedConcurrency } = room.limits;
  // What takes nothing is always possible: it blocks the function.
  if (asked === 0 || room.accountConcurrency - others - asked >= unreservedConcurrency) return;
  throw limitRefusal(
    `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedConcurrency}].`,
  );
}
