/** What of a message is kept beside its body: everything that a receiver can ask for. */
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { MessageAttributes } from './message-attributes.ts';

export interface StoredMessage {
  readonly senderId: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader?: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

/** JSON has no bytes: values that are bytes stand as base64. */
export function writeStored(message: StoredMessage): string {
  const attributes = Object.entries(message.attributes).map(([name, value]) => {
    const { BinaryValue: bytes, ...rest } = value;
    if (bytes === undefined) return [name, rest];
    return [name, { ...rest, BinaryValue: { base64: Buffer.from(bytes).toString('base64') } }];
  });
  return JSON.stringify({ ...message, attributes: Object.fromEntries(attributes) as unknown });
}

export function readStored(text: string): StoredMessage {
  const stored = JSON.parse(text) as StoredMessage;
  const attributes = Object.entries(stored.attributes).map(([name, value]) => [
    name,
    withBytes(value),
  ]);
  return { ...stored, attributes: Object.fromEntries(attributes) as MessageAttributes };
}

function withBytes(value: MessageAttributeValue): MessageAttributeValue {
  const { BinaryValue: written, ...rest } = value as unknown as Omit<
    MessageAttributeValue,
    'BinaryValue'
  > & {
    readonly BinaryValue?: { readonly base64: string };
  };
  return written === undefined
    ? rest
    : { ...rest, BinaryValue: Buffer.from(written.base64, 'base64') };
}

/** AWS: twenty digits. */
export function sequenceNumber(sequence: number): string {
  return (10n ** 19n + BigInt(sequence)).toString();
}
