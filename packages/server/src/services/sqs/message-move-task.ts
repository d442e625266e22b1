import type {
  CancelMessageMoveTaskRequest,
  CancelMessageMoveTaskResult,
  ListMessageMoveTasksRequest,
  ListMessageMoveTasksResult,
  StartMessageMoveTaskRequest,
  StartMessageMoveTaskResult,
} from '@aws-sdk/client-sqs';
import type { Operation, OperationContext, Permission } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { keyOfArn, keyPermission } from './find-queue.ts';
import type { MoveTask } from './move-tasks.ts';
import type { QueueRecord } from './queue-record.ts';
import { redrivePolicyOf } from './redrive-policy.ts';
import { invalidParameter, invalidValue, resourceNotFound } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

const MOST_PER_SECOND = 500;

export function startMessageMoveTask(
  room: SqsRoom,
): Operation<Validated<StartMessageMoveTaskRequest>, StartMessageMoveTaskResult> {
  return {
    name: 'StartMessageMoveTask',
    // AWS: the task receives and deletes at its source and sends to its destination.
    permissions: ({ SourceArn: source, DestinationArn: destination }, context) => [
      ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map(
        (action) => arnPermission(room, action, source, context),
      ),
      ...(destination === undefined
        ? []
        : [arnPermission(room, 'SendMessage', destination, context)]),
    ],
    handle: async (input) => {
      const source = queueOf(room, input.SourceArn, 'SourceArn');
      const { DestinationArn: destination, MaxNumberOfMessagesPerSecond: perSecond } = input;
      if (destination !== undefined) queueOf(room, destination, 'DestinationArn');
      if (perSecond !== undefined && (perSecond < 1 || perSecond > MOST_PER_SECOND)) {
        const reason = `Must be between 1 and ${MOST_PER_SECOND}, if provided.`;
        throw invalidParameter(perSecond, 'MaxNumberOfMessagesPerSecond', reason);
      }
      const isDeadLetterQueue = [...room.records.all()].some(
        (each) => redrivePolicyOf(each)?.deadLetterTargetArn === input.SourceArn,
      );
      if (!isDeadLetterQueue) {
        throw invalidValue('Source queue must be configured as a Dead Letter Queue.');
      }
      await room.messages.loaded;
      if (room.tasks.of(input.SourceArn).some(isRunning)) {
        throw invalidValue(
          'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
        );
      }
      return { TaskHandle: handleOf(room.tasks.start(source, destination, perSecond)) };
    },
  };
}

export function cancelMessageMoveTask(
  room: SqsRoom,
): Operation<Validated<CancelMessageMoveTaskRequest>, CancelMessageMoveTaskResult> {
  return {
    name: 'CancelMessageMoveTask',
    permissions: ({ TaskHandle: handle }, context) => [
      arnPermission(room, 'CancelMessageMoveTask', readHandle(handle)?.sourceArn ?? '*', context),
    ],
    handle: async ({ TaskHandle: handle }) => {
      const named = readHandle(handle);
      if (named === undefined) throw invalidValue('Value for parameter TaskHandle is invalid.');
      queueOf(room, named.sourceArn, 'SourceArn');
      const task = room.tasks.of(named.sourceArn).find(({ id }) => id === named.taskId);
      if (task === undefined) throw resourceNotFound('Task does not exist.');
      if (!isRunning(task)) throw invalidValue('Only active tasks can be cancelled.');
      task.status = 'CANCELLING';
      return { ApproximateNumberOfMessagesMoved: task.moved };
    },
  };
}

export function listMessageMoveTasks(
  room: SqsRoom,
): Operation<Validated<ListMessageMoveTasksRequest>, ListMessageMoveTasksResult> {
  return {
    name: 'ListMessageMoveTasks',
    permissions: ({ SourceArn: source }, context) => [
      arnPermission(room, 'ListMessageMoveTasks', source, context),
    ],
    handle: async ({ SourceArn: source, MaxResults: most = 1 }) => {
      queueOf(room, source, 'SourceArn');
      if (most < 1 || most > 10) {
        throw invalidParameter(most, 'MaxResults', 'Must be between 1 and 10, if provided.');
      }
      return {
        Results: room.tasks
          .of(source)
          .slice(0, most)
          .map((task) => ({
            ...(isRunning(task) ? { TaskHandle: handleOf(task) } : {}),
            Status: task.status,
            SourceArn: task.sourceArn,
            DestinationArn: task.destinationArn,
            MaxNumberOfMessagesPerSecond: task.perSecond,
            ApproximateNumberOfMessagesMoved: task.moved,
            ApproximateNumberOfMessagesToMove: task.toMove,
            FailureReason: task.failure,
            StartedTimestamp: task.startedMs,
          })),
      };
    },
  };
}

function isRunning({ status }: MoveTask): boolean {
  return status === 'RUNNING' || status === 'CANCELLING';
}

/** On the ARN as it was given where it is no queue's: then there is nothing to act on. */
function arnPermission(
  room: SqsRoom,
  action: string,
  arn: string,
  context: OperationContext,
): Permission {
  const key = keyOfArn(arn);
  if (key === undefined) return { action: `sqs:${action}`, resources: [arn] };
  return keyPermission(room, action, key, context);
}

function queueOf(room: SqsRoom, arn: string, parameter: string): QueueRecord {
  const key = keyOfArn(arn);
  const record = key === undefined ? undefined : room.records.find(key);
  if (record !== undefined) return record;
  throw resourceNotFound(
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  );
}

function handleOf({ id, sourceArn }: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64');
}

function readHandle(
  handle: string,
): { readonly taskId: string; readonly sourceArn: string } | undefined {
  try {
    const value = JSON.parse(Buffer.from(handle, 'base64').toString()) as Record<string, unknown>;
    const { taskId, sourceArn } = value;
    if (typeof taskId !== 'string' || typeof sourceArn !== 'string') return undefined;
    return { taskId, sourceArn };
  } catch {
    // Not a handle of ours: the caller says so.
    return undefined;
  }
}
