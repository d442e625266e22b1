/**
 * SQS that another server serves. Callers name queues by their addresses here, which this turns into
 * the upstream's and back, so that a queue is reached only through the permissions of this server.
 */
import {
  serviceOf,
  type Operation,
  type OperationContext,
  type Permission,
} from '../../core/operation.ts';
import { closeable } from '../../lib/lifetime.ts';
import type { ForwardedOperation, Upstream } from '../upstream.ts';
import { MoveTasks } from './move-tasks.ts';
import { QueueRepository } from './queue-repository.ts';
import { operationsOf, type SqsDeps, type SqsService } from './service.ts';
import { invalidAddress } from './sqs-errors.ts';

export function createForwardedQueues(deps: SqsDeps, upstream: Upstream): SqsService {
  const ending = new AbortController();
  // Of queues that there are here none is asked.
  const records = new QueueRepository(deps.store);
  const tasks = new MoveTasks({ ...deps, records });
  const operations = operationsOf({ ...deps, records, tasks, ending: ending.signal });
  const forwards = (operations as readonly ForwardedOperation[]).map(
    (local): Operation<NamesQueue> => ({
      name: local.name,
      permissions: (input, context) =>
        local.permissions(input, context).map((each) => ownedBy(context.account, each)),
      handle: async (input, context) => {
        const isWaiting = local.name === 'ReceiveMessage';
        const signal = isWaiting
          ? AbortSignal.any([context.signal, ending.signal])
          : context.signal;
        try {
          const sent = toUpstream(upstream, input);
          return fromUpstream(await upstream.send(local.name, sent, context, signal), context);
        } catch (error) {
          // As if no message had come in time.
          if (isWaiting && ending.signal.aborted) return {};
          throw error;
        }
      },
    }),
  );
  return {
    ...serviceOf('sqs', forwards),
    damagedRows: 0,
    endWaits: () => ending.abort(),
    ...closeable(async () => ending.abort()),
  };
}

interface NamesQueue {
  readonly QueueUrl?: string;
}

/**
 * A queue there belongs to whoever asks here, whatever account its address names: identity policies
 * decide. The queue's own policy is the upstream's, and decides there.
 */
function ownedBy(account: string, permission: Permission): Permission {
  return { ...permission, resourceAccount: account };
}

function toUpstream({ url }: Upstream, input: NamesQueue): object {
  const { QueueUrl: address } = input;
  return address === undefined ? input : { ...input, QueueUrl: `${url}/${nameOf(address)}` };
}

/** Addresses as this caller can use them. */
function fromUpstream(output: Record<string, unknown>, { endpoint }: OperationContext): object {
  const shown = (address: unknown): string => `${endpoint}/${nameOf(String(address))}`;
  const { QueueUrl: one, QueueUrls: some, queueUrls: sources } = output;
  return {
    ...output,
    ...(one === undefined ? {} : { QueueUrl: shown(one) }),
    ...(Array.isArray(some) ? { QueueUrls: some.map(shown) } : {}),
    ...(Array.isArray(sources) ? { queueUrls: sources.map(shown) } : {}),
  };
}

/** The account and the name at the end of an address. */
function nameOf(address: string): string {
  const [, name] = /(?:^|\/)(\d{12}\/[^/?#]+)\/?$/.exec(address) ?? [];
  if (name === undefined) throw invalidAddress(address);
  return name;
}
