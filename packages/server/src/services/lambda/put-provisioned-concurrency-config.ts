import type {
  PutProvisionedConcurrencyConfigRequest,
  PutProvisionedConcurrencyConfigResponse,
} from '@aws-sdk/client-lambda';
import { isPending } from '../../core/function-state.ts';
import type { Operation } from '../../core/operation.ts';
import { totalProvisioned } from '../../core/provisioned.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, limitRefusal, resourceConflict } from './lambda-errors.ts';
import {
  applyProvisioned,
  findProvisionedTarget,
  provisionedDate,
  UNPUBLISHED,
  versionIsProvisioned,
  withProvisioned,
  type ProvisionedTarget,
} from './provisioned-target.ts';
import { refuseForTenants } from './tenancy.ts';

export function putProvisionedConcurrencyConfig(
  room: LambdaRoom,
): Operation<PutProvisionedConcurrencyConfigRequest, PutProvisionedConcurrencyConfigResponse> {
  return {
    name: 'PutProvisionedConcurrencyConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PutProvisionedConcurrencyConfig', input, context),
    ],
    handle: async (input, context) => {
      const requested = input.ProvisionedConcurrentExecutions ?? 0;
      const { account, region } = findProvisionedTarget(room, input, context, UNPUBLISHED).record;
      return await room.concurrencyLock.run(`${account}/${region}`, async () => {
        for (;;) {
          const target = findProvisionedTarget(room, input, context, UNPUBLISHED);
          checkTarget(target);
          checkRoom(room, target, requested);
          const { record, qualifier } = target;
          const lastModifiedMs = room.clock.nowMs();
          const next = withProvisioned(record, qualifier, { qualifier, requested, lastModifiedMs });
          // False when the function changed just now: look again.
          if (!(await room.functions.replace(record, next))) continue;
          applyProvisioned(room, record);
          // AWS: the answer knows of no environment yet, also where there were some.
          return {
            RequestedProvisionedConcurrentExecutions: requested,
            AvailableProvisionedConcurrentExecutions: 0,
            AllocatedProvisionedConcurrentExecutions: 0,
            Status: 'IN_PROGRESS',
            LastModified: provisionedDate(lastModifiedMs),
          };
        }
      });
    },
  };
}

function checkTarget({ record, alias, published, qualifier }: ProvisionedTarget): void {
  refuseForTenants(record, 'Provisioned Concurrency');
  if (published === undefined) throw invalidParameter(UNPUBLISHED);
  if (alias?.routing !== undefined) {
    throw invalidParameter('Alias with weights can not be used with Provisioned Concurrency');
  }
  if (isPending(published.state)) {
    throw resourceConflict(
      'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    );
  }
  const isProvisioned = (name: string): boolean =>
    record.provisioned?.some((each) => each.qualifier === name) === true;
  if (alias !== undefined) {
    if (isProvisioned(alias.version)) throw versionIsProvisioned();
    return;
  }
  const aliases = record.aliases?.filter(({ version }) => version === qualifier) ?? [];
  if (aliases.some(({ name }) => isProvisioned(name))) {
    throw resourceConflict('Version is pointed by a Provisioned Concurrency alias');
  }
}

function checkRoom(room: LambdaRoom, { record, request }: ProvisionedTarget, asked: number): void {
  const before = request?.requested ?? 0;
  const { reservedConcurrency } = record;
  if (reservedConcurrency !== undefined) {
    const total = totalProvisioned(record.provisioned) - before + asked;
    if (total <= reservedConcurrency) return;
    throw invalidParameter(
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    );
  }
  const free = room.accountConcurrency - room.functions.reservedConcurrency(record) + before;
  if (asked > free) {
    throw limitRefusal(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${free}].`,
    );
  }
  const { unreservedConcurrency } = room.limits;
  if (free - asked < unreservedConcurrency) {
    throw limitRefusal(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedConcurrency}].`,
    );
  }
}
