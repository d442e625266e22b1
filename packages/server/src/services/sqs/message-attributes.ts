/** Message attributes: AWS's checks, and the MD5 by which clients verify what arrived. */
import { createHash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { invalidValue } from './sqs-errors.ts';

export type MessageAttributes = Readonly<Record<string, MessageAttributeValue>>;

const MOST_ATTRIBUTES = 10;
const attributeName = /^(?!\.)(?!.*\.\.)(?!(?:aws|amazon)\.)[\w.-]{1,256}(?<!\.)$/i;

export function checkMessageAttributes(attributes: MessageAttributes): void {
  const names = Object.keys(attributes);
  if (names.length > MOST_ATTRIBUTES) {
    throw invalidValue(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MOST_ATTRIBUTES}].`,
    );
  }
  for (const [name, value] of Object.entries(attributes)) checkAttribute(name, value);
}

function checkAttribute(name: string, value: MessageAttributeValue): void {
  const { DataType: type = '', StringValue: text, BinaryValue: bytes } = value;
  if (!attributeName.test(name)) {
    throw invalidValue(
      `Message (user) attribute name '${name}' is invalid. An attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-) and period (.), must not start with AWS. or Amazon., start or end with a period, or have successive periods.`,
    );
  }
  if (type === '') {
    throw invalidValue(
      `The message attribute '${name}' must contain non-empty message attribute type.`,
    );
  }
  const [kind = ''] = type.split('.', 1);
  if (!['String', 'Number', 'Binary'].includes(kind)) {
    throw invalidValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const isEmpty = kind === 'Binary' ? (bytes?.byteLength ?? 0) === 0 : (text ?? '') === '';
  if (isEmpty) {
    const shown = kind === 'Binary' ? 'Binary' : 'String';
    throw invalidValue(
      `Message (user) attribute '${name}' must contain a non-empty value of type '${shown}'.`,
    );
  }
  if (kind === 'Number' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text ?? '')) {
    throw invalidValue(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
}

export function sizeOf(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce((total, [name, value]) => {
    const { DataType: type = '', StringValue: text = '', BinaryValue: bytes } = value;
    const size = bytes?.byteLength ?? Buffer.byteLength(text);
    return total + Buffer.byteLength(name) + Buffer.byteLength(type) + size;
  }, 0);
}

const STRING = Buffer.from([1]);
const BINARY = Buffer.from([2]);

/**
 * AWS documents it ("Calculating the MD5 message digest for message attributes"): names in order,
 * each with its type, the kind of its value and the value, lengths before texts. Undefined for none.
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).toSorted();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.byteLength);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType: type = '', StringValue: text, BinaryValue: bytes } = attributes[name] ?? {};
    add(Buffer.from(name));
    add(Buffer.from(type));
    hash.update(text === undefined ? BINARY : STRING);
    add(text === undefined ? (bytes ?? new Uint8Array(0)) : Buffer.from(text));
  }
  return hash.digest('hex');
}

export function md5Of(text: string | Uint8Array): string {
  return createHash('md5').update(text).digest('hex');
}
