/** Attributes of messages: AWS's checks, and what filter policies and receivers see of them. */
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import { invalidAttributeValue } from './sns-errors.ts';

export type GivenAttributes = Readonly<Record<string, MessageAttributeValue>>;

/** As they are kept, in JSON: bytes are base64. */
export type KeptAttributes = Readonly<
  Record<string, { readonly type: string; readonly value: string }>
>;

export function readAttributes(given: GivenAttributes = {}): KeptAttributes {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      checkName(name);
      return [name, readValue(name, value)];
    }),
  );
}

function checkName(name: string): void {
  if (name.length > 256) {
    throw invalidAttributeValue('Length of message attribute name must be less than 256 bytes.');
  }
  const odd = /[^\w.-]/.exec(name)?.[0];
  if (odd !== undefined) {
    const code = odd.charCodeAt(0).toString(16).toUpperCase();
    throw invalidAttributeValue(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    );
  }
  for (const [at, word] of [
    [name.at(0), 'starting'],
    [name.at(-1), 'ending'],
  ]) {
    if (at !== '.') continue;
    throw invalidAttributeValue(
      `Invalid message attribute name ${word} with character '.' was found.`,
    );
  }
  if (name.includes('..')) {
    throw invalidAttributeValue("Message attribute name can not have successive '.' character.");
  }
}

function readValue(name: string, given: MessageAttributeValue): KeptAttributes[string] {
  const { DataType: type = '', StringValue: text, BinaryValue: bytes } = given;
  const [kind = ''] = type.split('.', 1);
  if (!/^(?:String|Number|Binary)(?:\.|$)/.test(type)) {
    throw invalidAttributeValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const isBinary = kind === 'Binary';
  if (isBinary ? text !== undefined && bytes === undefined : bytes !== undefined) {
    throw invalidAttributeValue(
      `The message attribute '${name}' with type '${type}' must use field '${isBinary ? 'Binary' : 'String'}'.`,
    );
  }
  const value = isBinary ? Buffer.from(bytes ?? []).toString('base64') : (text ?? '');
  if (value === '') {
    throw invalidAttributeValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (kind === 'Number' && !Number.isFinite(Number(value))) {
    // The words are ours.
    throw invalidAttributeValue(`Could not cast message attribute '${name}' value to number.`);
  }
  return { type, value };
}

export function sizeOf(attributes: KeptAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { type, value }]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(value),
    0,
  );
}

/** As a filter policy sees them: numbers as such, the elements of an array each, and no bytes. */
export function filterable(attributes: KeptAttributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, value }]): [string, unknown][] => {
      if (type.startsWith('Binary')) return [];
      if (type.startsWith('Number')) return [[name, Number(value)]];
      return [[name, type === 'String.Array' ? elementsOf(value) : value]];
    }),
  );
}

function elementsOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // AWS: what is no array is a text.
    return text;
  }
}

/** As they stand in a notification. */
export function shown(attributes: KeptAttributes): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [
      name,
      { Type: type, Value: value },
    ]),
  );
}

/** As SQS takes them, for messages that are delivered raw. */
export function forQueue(attributes: KeptAttributes): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [
      name,
      type.startsWith('Binary')
        ? { DataType: type, BinaryValue: Buffer.from(value, 'base64') }
        : { DataType: type, StringValue: value },
    ]),
  );
}
