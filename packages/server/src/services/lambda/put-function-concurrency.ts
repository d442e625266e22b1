import type { Concurrency, PutFunctionConcurrencyRequest } from '@aws-sdk/client-lambda';
import { MIN_UNRESERVED_CONCURRENCY } from '../../core/limits.ts';
import type { Operation } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';

export function putFunctionConcurrency(
  room: LambdaRoom,
): Operation<PutFunctionConcurrencyRequest, Concurrency> {
  // Two functions must not both take what is left for one of them.
  const lock = new KeyedLock();
  return {
    name: 'PutFunctionConcurrency',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PutFunctionConcurrency', input, context),
    ],
    handle: async (input, context) => {
      const asked = input.ReservedConcurrentExecutions ?? 0;
      const { account, region } = findWholeFunction(room.functions, input, context);
      await lock.run(`${account}/${region}`, async () => {
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
  const others = room.functions.reservedConcurrency(record) - (record.reservedConcurrency ?? 0);
  // What takes nothing is always possible: it blocks the function.
  if (asked === 0 || room.accountConcurrency - others - asked >= MIN_UNRESERVED_CONCURRENCY) return;
  throw invalidParameter(
    `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED_CONCURRENCY}].`,
  );
}
