/** Receipt handles: the receipt of the durable queue, and whose it is. */
import { AwsError } from '../../core/aws-error.ts';
import type { QueueRecord } from './queue-record.ts';

export function writeHandle({ id }: QueueRecord, receipt: string): string {
  return Buffer.from(`${id} ${receipt}`).toString('base64');
}

/** The receipt; throws for what is no handle, or one of another queue. */
export function readHandle(record: QueueRecord, handle: string): string {
  const [id, receipt] = Buffer.from(handle, 'base64').toString().split(' ');
  if (id === record.id && receipt !== undefined && receipt !== '') return receipt;
  throw new AwsError(
    'ReceiptHandleIsInvalid',
    404,
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  );
}
