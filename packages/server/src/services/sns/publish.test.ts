/** Messages, and what the subscribers get of them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { AwsError } from '../../core/aws-error.ts';
import {
  account,
  failure,
  functionArn,
  queueArn,
  startSns,
  topicArn,
  type SnsUnderTest,
} from './fixtures/start-sns.ts';

let sns: SnsUnderTest;
beforeEach(async () => {
  sns = await startSns(openMemoryStore());
  await sns.createTopic();
});
afterEach(() => sns.stop());

const text = (StringValue: string): object => ({ DataType: 'String', StringValue });
const number = (StringValue: string): object => ({ DataType: 'Number', StringValue });
const deadLetters = `arn:aws:sqs:eu-west-1:${account}:dead`;

describe('a message', () => {
  test('reaches queues and functions in the form of each', async () => {
    const toQueue = await sns.subscribe();
    const toFunction = await sns.subscribe(functionArn);
    const MessageAttributes = {
      size: number('3'),
      by: { DataType: 'Binary', BinaryValue: Buffer.from('x') },
    };
    const MessageId = await sns.publish('hello', { Subject: 'Hi', MessageAttributes });
    const common = {
      Type: 'Notification',
      MessageId,
      TopicArn: topicArn(),
      Subject: 'Hi',
      Message: 'hello',
      Timestamp: '2026-03-01T09:59:30.250Z',
      SignatureVersion: '1',
      Signature: '',
      MessageAttributes: {
        size: { Type: 'Number', Value: '3' },
        by: { Type: 'Binary', Value: 'eA==' },
      },
    };
    const source = { arn: topicArn(), account };
    expect(sns.sent.map(({ operation, caller }) => [operation, caller.source])).toEqual(
      expect.arrayContaining([
        ['sqs:SendMessage', source],
        ['lambda:Invoke', source],
      ]),
    );
    expect(sns.bodies()).toEqual(
      expect.arrayContaining([
        {
          ...common,
          SigningCertURL: '',
          UnsubscribeURL: expect.stringContaining(toQueue),
        },
        {
          Records: [
            {
              EventSource: 'aws:sns',
              EventVersion: '1.0',
              EventSubscriptionArn: toFunction,
              Sns: {
                ...common,
                SigningCertUrl: '',
                UnsubscribeUrl: expect.stringContaining(toFunction),
              },
            },
          ],
        },
      ]),
    );
  });

  test('without subject and attributes leaves them out for queues; functions see that there are none', async () => {
    await sns.subscribe();
    await sns.subscribe(functionArn);
    await sns.publish('hello', { TopicArn: undefined, TargetArn: topicArn() });
    const [one, other] = sns.bodies() as [Record<string, unknown>, Record<string, unknown>];
    const [notification, event] = 'Records' in one ? [other, one] : [one, other];
    expect(notification).not.toHaveProperty('Subject');
    expect(notification).not.toHaveProperty('MessageAttributes');
    expect(event).toMatchObject({ Records: [{ Sns: { Subject: null, MessageAttributes: {} } }] });
  });

  test('is raw for a queue that wants it so, with its attributes', async () => {
    await sns.subscribe(queueArn, { RawMessageDelivery: 'true' });
    const MessageAttributes = { kind: text('large') };
    await sns.publish('plain', { MessageAttributes });
    expect(sns.sent[0]?.input).toEqual({
      QueueUrl: `/${account}/jobs`,
      MessageBody: 'plain',
      MessageAttributes,
    });
  });

  test('is another one for each protocol, where it says so', async () => {
    await sns.subscribe(queueArn, { RawMessageDelivery: 'true' });
    await sns.subscribe(functionArn);
    const Message = JSON.stringify({ default: 'all', sqs: 'queues' });
    await sns.publish(Message, { MessageStructure: 'json' });
    expect(sns.bodies()).toEqual(
      expect.arrayContaining([
        'queues',
        {
          Records: [expect.objectContaining({ Sns: expect.objectContaining({ Message: 'all' }) })],
        },
      ]),
    );
  });

  test.each([
    [{ kind: ['large'] }, { kind: text('large') }, true],
    [{ kind: ['large'] }, { kind: text('small') }, false],
    [{ kind: ['large'] }, {}, false],
    [{ size: [{ numeric: ['>', 5] }] }, { size: number('7') }, true],
    [{ size: [{ numeric: ['>', 5] }] }, { size: text('7') }, false],
    [{ kind: ['b'] }, { kind: { DataType: 'String.Array', StringValue: '["a","b"]' } }, true],
    [{ kind: [{ exists: false }] }, {}, true],
  ])('that the filter %j sees with %j comes: %s', async (policy, MessageAttributes, isWanted) => {
    await sns.subscribe(queueArn, { FilterPolicy: JSON.stringify(policy) });
    await sns.publish('m', { MessageAttributes });
    expect(sns.bodies()).toHaveLength(isWanted ? 1 : 0);
  });

  test('is filtered by its body where the subscription says so', async () => {
    await sns.subscribe(queueArn, {
      FilterPolicy: '{"order":{"total":[{"numeric":[">",10]}]}}',
      FilterPolicyScope: 'MessageBody',
      RawMessageDelivery: 'true',
    });
    for (const each of ['{"order":{"total":5}}', '{"order":{"total":15}}', 'no json']) {
      await sns.publish(each);
    }
    expect(sns.bodies()).toEqual([{ order: { total: 15 } }]);
  });

  test('waits for a subscriber that cannot take it now, also through a restart', async () => {
    await sns.subscribe(queueArn, { RawMessageDelivery: 'true' });
    sns.answer = () => Promise.reject(new AwsError('ServiceUnavailable', 503, 'not now'));
    await sns.publish('late');
    await sns.pass(0);
    expect(sns.sent.length).toBeGreaterThan(2);
    sns.bodies();
    sns.answer = () => Promise.resolve({});
    await sns.restart();
    await sns.pass(60_000);
    expect(sns.bodies()).toEqual(['late']);
  });

  test('that a subscriber refuses goes to its dead-letter queue, as a queue gets it', async () => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters });
    await sns.subscribe(functionArn, { RedrivePolicy });
    sns.answer = (operation) =>
      operation === 'lambda:Invoke'
        ? Promise.reject(new AwsError('ResourceNotFoundException', 404, 'gone'))
        : Promise.resolve({});
    await sns.publish('lost');
    expect(sns.sent[1]?.input['QueueUrl']).toBe(`/${account}/dead`);
    expect(sns.bodies()[1]).toMatchObject({ Type: 'Notification', Message: 'lost' });
  });

  test.each([
    [{ Message: '' }, 'InvalidParameter: Invalid parameter: Empty message'],
    [{ Subject: '' }, 'InvalidParameter: Invalid parameter: Subject'],
    [{ Subject: 'a\nb' }, 'InvalidParameter: Invalid parameter: Subject'],
    [{ Message: 'x'.repeat(262_145) }, 'InvalidParameter: Invalid parameter: Message too long'],
    [
      { Message: '{', MessageStructure: 'json' },
      'InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse',
    ],
    [
      { Message: '{"default":{}}', MessageStructure: 'json' },
      'InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body',
    ],
    [{ TopicArn: topicArn('none') }, 'NotFound: Topic does not exist'],
    [
      { TopicArn: 'a:b' },
      'InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 2',
    ],
    [
      { TopicArn: undefined },
      'InvalidParameter: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter',
    ],
    [
      { PhoneNumber: '+4912345678' },
      'InvalidParameter: Invalid parameter: Hearth does not implement messages to phones (PhoneNumber) yet.',
    ],
    [
      { MessageAttributes: { a: text('') } },
      "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
    ],
    [
      { MessageAttributes: { a: { DataType: 'Text', StringValue: 'b' } } },
      "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
    ],
    [
      { MessageAttributes: { a: { DataType: 'Binary', StringValue: 'b' } } },
      "ParameterValueInvalid: The message attribute 'a' with type 'Binary' must use field 'Binary'.",
    ],
    [
      { MessageAttributes: { a: { DataType: 'Number', BinaryValue: Buffer.from('1') } } },
      "ParameterValueInvalid: The message attribute 'a' with type 'Number' must use field 'String'.",
    ],
    [
      { MessageAttributes: { 'a^': text('b') } },
      "ParameterValueInvalid: Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
    ],
    [
      { MessageAttributes: { '.a': text('b') } },
      "ParameterValueInvalid: Invalid message attribute name starting with character '.' was found.",
    ],
    [
      { MessageAttributes: { 'a.': text('b') } },
      "ParameterValueInvalid: Invalid message attribute name ending with character '.' was found.",
    ],
    [
      { MessageAttributes: { 'a..b': text('b') } },
      "ParameterValueInvalid: Message attribute name can not have successive '.' character.",
    ],
  ])('that is not one is refused', async (input, message) => {
    await sns.subscribe();
    expect(await failure(sns.publish('m', input))).toBe(message);
    expect(sns.sent).toEqual([]);
  });
});

describe('a batch', () => {
  const entry = (Id: string, Message = Id): object => ({ Id, Message });
  const put = (...PublishBatchRequestEntries: readonly object[]): Promise<unknown> =>
    sns.call('PublishBatch', { TopicArn: topicArn(), PublishBatchRequestEntries });

  test('is several messages', async () => {
    await sns.subscribe(queueArn, { RawMessageDelivery: 'true' });
    expect(await put(entry('a'), entry('b'))).toEqual({
      Successful: [
        { Id: 'a', MessageId: expect.any(String) },
        { Id: 'b', MessageId: expect.any(String) },
      ],
      Failed: [],
    });
    await sns.service.run();
    expect(new Set(sns.bodies())).toEqual(new Set(['a', 'b']));
  });

  test('that is not one is refused', async () => {
    expect(await failure(put())).toMatch(/^EmptyBatchRequest: /);
    expect(await failure(put(entry('a'), entry('a')))).toBe(
      'BatchEntryIdsNotDistinct: Two or more batch entries in the request have the same Id.',
    );
    const eleven = Array.from({ length: 11 }, (_, at) => entry(String(at)));
    expect(await failure(put(...eleven))).toBe(
      'TooManyEntriesInBatchRequest: The batch request contains more entries than permissible.',
    );
    expect(await failure(put(entry('a b', 'm')))).toMatch(/^InvalidBatchEntryId: /);
    const half = 'x'.repeat(140_000);
    expect(await failure(put(entry('a', half), entry('b', half)))).toMatch(
      /^BatchRequestTooLong: /,
    );
  });
});
