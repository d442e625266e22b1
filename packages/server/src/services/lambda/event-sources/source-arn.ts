/** The source that a request names: a queue, or what is refused by name. */
import type { CreateEventSourceMappingRequest } from '@aws-sdk/client-lambda';
import type { OperationContext } from '../../../core/operation.ts';
import { cannotYet, invalidParameter } from '../lambda-errors.ts';

/** Sources that AWS has and Hearth does not poll yet, by the service of their ARN. */
const notYet: Readonly<Record<string, string>> = {
  dynamodb: 'DynamoDB streams',
  kafka: 'Kafka',
  kinesis: 'Kinesis',
  mq: 'Amazon MQ',
  rds: 'DocumentDB',
};

/** What CreateEventSourceMapping refuses by name; for the reference page. */
export const sourcesRefused = `${Object.values(notYet).join(', ')}, self-managed Kafka as sources`;

const queuePattern =
  /^arn:aws[\w-]*:sqs:(?<region>[a-z0-9-]+):\d{12}:(?:[\w-]{1,75}\.fifo|[\w-]{1,80})$/;

/** ARN of the queue. */
export function checkedSource(
  input: CreateEventSourceMappingRequest,
  { region }: OperationContext,
): string {
  const { EventSourceArn: arn = '' } = input;
  if (input.SelfManagedEventSource !== undefined) throw cannotYet('self-managed Kafka as a source');
  const other = notYet[arn.split(':')[2] ?? ''];
  if (other !== undefined) throw cannotYet(`${other} as a source`);
  // AWS: the queue is in the function's region, of whatever account.
  if (queuePattern.exec(arn)?.groups?.['region'] !== region) {
    throw invalidParameter('Unrecognized event source.');
  }
  if (input.StartingPosition !== undefined || input.StartingPositionTimestamp !== undefined) {
    throw invalidParameter('StartingPosition is not valid for SQS event sources.');
  }
  return arn;
}

export function isFifo(queueArn: string): boolean {
  return queueArn.endsWith('.fifo');
}
