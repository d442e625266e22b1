/** A message of SQS as functions get it (AWS: with-sqs, "Example event"). */
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { BatchRecord } from '../poller.ts';
import type { FilteredRecord } from '../record-filter.ts';

export interface QueuedMessage extends BatchRecord {
  readonly receiptHandle: string;
  readonly filtered: FilteredRecord;
}

export function messageRecord(message: Message, queueArn: string): QueuedMessage {
  const { MessageId: id = '', ReceiptHandle: receiptHandle = '', Attributes = {} } = message;
  const attributes = Object.entries(message.MessageAttributes ?? {});
  const fields = {
    messageId: id,
    receiptHandle,
    body: message.Body ?? '',
    attributes: Attributes,
    messageAttributes: Object.fromEntries(
      attributes.map(([name, value]) => [name, shownAttribute(value)]),
    ),
    ...(attributes.length === 0 ? {} : { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  };
  const { AWSTraceHeader: traceHeader } = Attributes;
  return {
    id,
    receiptHandle,
    text: JSON.stringify(fields),
    filtered: { content: 'body', fields },
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

function shownAttribute(value: MessageAttributeValue): object {
  const { StringValue: text, BinaryValue: bytes, DataType: dataType } = value;
  return {
    ...(text === undefined ? {} : { stringValue: text }),
    ...(bytes === undefined ? {} : { binaryValue: Buffer.from(bytes).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType,
  };
}
