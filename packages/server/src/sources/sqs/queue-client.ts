/**
 * One queue as a poller uses it: everything through `callAs`, in the name of the function's role,
 * so a queue on another server is no different.
 */
import type {
  DeleteMessageBatchRequest,
  DeleteMessageBatchResult,
  GetQueueAttributesRequest,
  GetQueueAttributesResult,
  ReceiveMessageRequest,
  ReceiveMessageResult,
} from '@aws-sdk/client-sqs';
import type { CallAs, CallAsCaller } from '../../core/call-as.ts';
import { RoleNotAssumable } from '../../core/invocation.ts';
import type { RoleSessions } from '../../core/role-sessions.ts';
import type { Clock } from '../../lib/clock.ts';
import type { BatchTarget } from '../poller.ts';
import { messageRecord, type QueuedMessage } from './message-record.ts';

export interface QueueClientDeps {
  readonly callAs: CallAs;
  readonly roles: RoleSessions;
  readonly clock: Clock;
}

/** AWS: of one request. */
export const MESSAGES_PER_REQUEST = 10;
/** What is known of role and queue is asked for again after that. */
const KNOWN_FOR_MS = 60_000;

export class QueueClient {
  readonly #deps: QueueClientDeps;
  readonly #arn: string;
  readonly #target: Pick<BatchTarget, 'role'>;
  #session: Known<CallAsCaller> | undefined;
  #visibility: Known<number> | undefined;

  constructor(deps: QueueClientDeps, queueArn: string, target: Pick<BatchTarget, 'role'>) {
    this.#deps = deps;
    this.#arn = queueArn;
    this.#target = target;
  }

  /** Waits up to so many whole seconds for a first message. */
  async receive(
    most: number,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<readonly QueuedMessage[]> {
    const input: ReceiveMessageRequest = {
      QueueUrl: this.#url,
      MaxNumberOfMessages: Math.min(most, MESSAGES_PER_REQUEST),
      WaitTimeSeconds: waitSeconds,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    };
    const { Messages: messages = [] } = (await this.#call(
      'ReceiveMessage',
      input,
      signal,
    )) as ReceiveMessageResult;
    return messages.map((each) => messageRecord(each, this.#arn));
  }

  /** How many of them the queue did not remove: they come again. */
  async remove(messages: readonly QueuedMessage[]): Promise<number> {
    let left = 0;
    for (let at = 0; at < messages.length; at += MESSAGES_PER_REQUEST) {
      const some = messages.slice(at, at + MESSAGES_PER_REQUEST);
      const input: DeleteMessageBatchRequest = {
        QueueUrl: this.#url,
        Entries: some.map(({ receiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
        })),
      };
      const answer = await this.#call('DeleteMessageBatch', input);
      left += (answer as DeleteMessageBatchResult).Failed?.length ?? 0;
    }
    return left;
  }

  /** How long what was received stays invisible. */
  async visibilityMs(): Promise<number> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#visibility !== undefined && this.#visibility.untilMs > nowMs) {
      return this.#visibility.value;
    }
    const input: GetQueueAttributesRequest = {
      QueueUrl: this.#url,
      AttributeNames: ['VisibilityTimeout'],
    };
    const answer = (await this.#call('GetQueueAttributes', input)) as GetQueueAttributesResult;
    const value = Number(answer.Attributes?.['VisibilityTimeout'] ?? 0) * 1_000;
    this.#visibility = { value, untilMs: nowMs + KNOWN_FOR_MS, of: '' };
    return value;
  }

  async #call(operation: string, input: object, signal?: AbortSignal): Promise<object> {
    const caller = await this.#caller();
    const call = signal === undefined ? caller : { ...caller, signal };
    return await this.#deps.callAs(call, 'sqs', operation, input);
  }

  async #caller(): Promise<CallAsCaller> {
    const role = this.#target.role();
    if (role === undefined) throw new RoleNotAssumable('There is no function that has a role.');
    const nowMs = this.#deps.clock.monotonicMs();
    const known = this.#session;
    if (known !== undefined && known.untilMs > nowMs && known.of === role.arn) return known.value;
    const { principal } = await this.#deps.roles.assume(
      role.arn,
      role.sessionName,
      'lambda.amazonaws.com',
    );
    const [, , , region = ''] = this.#arn.split(':');
    const value = { principal, account: principal.account, region };
    this.#session = { value, untilMs: nowMs + KNOWN_FOR_MS, of: role.arn };
    return value;
  }

  get #url(): string {
    const [, , , , account = '', name = ''] = this.#arn.split(':');
    return `/${account}/${name}`;
  }
}

interface Known<Value> {
  readonly value: Value;
  readonly untilMs: number;
  /** The role that it was found out with. */
  readonly of: string;
}
