/** Event buses, their policies and tags, and the rules on them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import type { OperationContext, Permission } from '../../core/operation.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import { account, failure, startEvents, type EventsUnderTest } from './fixtures/start-events.ts';

let events: EventsUnderTest;
beforeEach(async () => {
  events = await startEvents(openMemoryStore());
});
afterEach(() => events.stop());

const arnOf = (name: string): string => `arn:aws:events:eu-west-1:${account}:event-bus/${name}`;
const EventPattern = '{"source":["shop"]}';

test('a bus is made, shown, listed, changed and deleted', async () => {
  expect(await events.call('CreateEventBus', { Name: 'own', Description: 'ours' })).toEqual({
    EventBusArn: arnOf('own'),
    Description: 'ours',
  });
  const shown = {
    Name: 'own',
    Arn: arnOf('own'),
    Description: 'ours',
    CreationTime: expect.any(Date),
    LastModifiedTime: expect.any(Date),
  };
  expect(await events.call('DescribeEventBus', { Name: arnOf('own') })).toEqual(shown);
  const ofAccount = { Name: 'default', Arn: arnOf('default') };
  expect(await events.call('DescribeEventBus', {})).toEqual(ofAccount);
  expect(await events.call('ListEventBuses', {})).toEqual({ EventBuses: [ofAccount, shown] });
  expect(await events.call('ListEventBuses', { NamePrefix: 'o' })).toEqual({ EventBuses: [shown] });
  await events.call('UpdateEventBus', { Name: 'own', Description: 'theirs' });
  expect(await events.call('DescribeEventBus', { Name: 'own' })).toMatchObject({
    Description: 'theirs',
  });
  await events.restart(1_000);
  expect(await events.call('DescribeEventBus', { Name: 'own' })).toMatchObject({
    Description: 'theirs',
  });
  expect(await events.call('DeleteEventBus', { Name: 'own' })).toEqual({});
  expect(await events.call('DeleteEventBus', { Name: 'own' })).toEqual({});
  expect(await events.call('ListEventBuses', { NamePrefix: 'o' })).toEqual({ EventBuses: [] });
});

test.each([
  ['DescribeEventBus', { Name: 'no' }],
  [
    'PutPermission',
    { EventBusName: 'no', StatementId: 's', Action: 'events:PutEvents', Principal: '*' },
  ],
  ['PutRule', { Name: 'r', EventPattern, EventBusName: 'no' }],
  ['ListRules', { EventBusName: 'no' }],
  ['DescribeRule', { Name: 'r', EventBusName: 'no' }],
  ['ListTagsForResource', { ResourceARN: arnOf('no') }],
])('a bus that is not there: %s', async (operation, input) => {
  expect(await failure(events.call(operation, input))).toBe(
    'ResourceNotFoundException: Event bus no does not exist.',
  );
});

test('a bus has a name of its own, and goes when its rules have gone', async () => {
  await events.call('CreateEventBus', { Name: 'own' });
  for (const Name of ['own', 'default']) {
    expect(await failure(events.call('CreateEventBus', { Name }))).toBe(
      `ResourceAlreadyExistsException: Event bus ${Name} already exists.`,
    );
  }
  expect(await failure(events.call('DeleteEventBus', { Name: 'default' }))).toBe(
    'ValidationException: Cannot delete event bus default.',
  );
  const ofBus = { Name: 'r', EventBusName: 'own' };
  await events.call('PutRule', { ...ofBus, EventPattern });
  expect(await failure(events.call('DeleteEventBus', { Name: 'own' }))).toBe(
    "ValidationException: EventBus can't be deleted since it has rules.",
  );
  await events.call('DeleteRule', ofBus);
  await events.call('DeleteEventBus', { Name: 'own' });
});

test('what would have no effect is refused', async () => {
  const refused: [object, string][] = [
    [{ KmsKeyIdentifier: 'k' }, 'keys of buses (KmsKeyIdentifier)'],
    [{ LogConfig: { Level: 'INFO' } }, 'logs of buses (LogConfig)'],
    [
      { DeadLetterConfig: { Arn: `arn:aws:sqs:eu-west-1:${account}:q` } },
      'dead-letter queues of buses (those of targets act)',
    ],
  ];
  for (const [input, what] of refused) {
    expect(await failure(events.call('CreateEventBus', { Name: 'own', ...input }))).toBe(
      `ValidationException: Hearth does not implement ${what} yet.`,
    );
  }
});

describe('rules of a bus', () => {
  test('are its own, whatever another bus calls theirs', async () => {
    await events.call('CreateEventBus', { Name: 'own' });
    const EventBusName = arnOf('own');
    const { RuleArn } = await events.call('PutRule', { Name: 'r', EventPattern, EventBusName });
    expect(RuleArn).toBe(`arn:aws:events:eu-west-1:${account}:rule/own/r`);
    await events.call('PutRule', { Name: 'r', EventPattern, State: 'DISABLED' });
    const ofBus = { Name: 'r', EventBusName: 'own' };
    expect(await events.call('DescribeRule', ofBus)).toMatchObject({
      Arn: RuleArn,
      EventBusName: 'own',
      State: 'ENABLED',
    });
    expect(await events.call('ListRules', { EventBusName })).toMatchObject({
      Rules: [{ Arn: RuleArn }],
    });
    expect(await events.call('ListRules', {})).toMatchObject({ Rules: [{ State: 'DISABLED' }] });
    await events.call('DisableRule', ofBus);
    await events.call('TagResource', { ResourceARN: RuleArn, Tags: [{ Key: 'a', Value: '1' }] });
    expect(await events.call('ListTagsForResource', { ResourceARN: RuleArn })).toEqual({
      Tags: [{ Key: 'a', Value: '1' }],
    });
    await events.call('DeleteRule', ofBus);
    expect(await failure(events.call('DescribeRule', ofBus))).toBe(
      'ResourceNotFoundException: Rule r does not exist on EventBus own.',
    );
    expect(await events.call('DescribeRule', { Name: 'r' })).toMatchObject({ State: 'DISABLED' });
  });
});

test('a bus is tagged, also the default one', async () => {
  await events.call('CreateEventBus', { Name: 'own', Tags: [{ Key: 'a', Value: '1' }] });
  const tags = async (name: string): Promise<unknown> =>
    (await events.call('ListTagsForResource', { ResourceARN: arnOf(name) }))['Tags'];
  expect(await tags('own')).toEqual([{ Key: 'a', Value: '1' }]);
  await events.call('UntagResource', { ResourceARN: arnOf('own'), TagKeys: ['a'] });
  expect(await tags('own')).toEqual([]);
  await events.call('TagResource', {
    ResourceARN: arnOf('default'),
    Tags: [{ Key: 'b', Value: '2' }],
  });
  expect(await tags('default')).toEqual([{ Key: 'b', Value: '2' }]);
});

describe('the policy of a bus', () => {
  const policyOf = async (Name: string): Promise<unknown> => {
    const { Policy } = await events.call('DescribeEventBus', { Name });
    return Policy === undefined ? undefined : JSON.parse(String(Policy));
  };

  test.each(['default', 'own'])('gets statements and loses them (%s)', async (EventBusName) => {
    await events.call('CreateEventBus', { Name: 'own' });
    const Action = 'events:PutEvents';
    const put = (StatementId: string, Principal: string): Promise<unknown> =>
      events.call('PutPermission', { EventBusName, StatementId, Principal, Action });
    const statement = (Sid: string, Principal: unknown): object => ({
      ...{ Sid, Effect: 'Allow', Principal, Action, Resource: arnOf(EventBusName) },
    });
    await put('one', '111111111111');
    await put('all', '*');
    const Version = '2012-10-17';
    expect(await policyOf(EventBusName)).toEqual({
      Version,
      Statement: [
        statement('one', { AWS: 'arn:aws:iam::111111111111:root' }),
        statement('all', '*'),
      ],
    });
    await events.call('RemovePermission', { EventBusName, StatementId: 'one' });
    expect(await policyOf(EventBusName)).toEqual({ Version, Statement: [statement('all', '*')] });
    const remove = { EventBusName, StatementId: 'one' };
    expect(await failure(events.call('RemovePermission', remove))).toBe(
      'ResourceNotFoundException: Statement with the provided id does not exist.',
    );
    await events.call('RemovePermission', { EventBusName, RemoveAllPermissions: true });
    expect(await policyOf(EventBusName)).toBeUndefined();
    const Policy = JSON.stringify({ Version, Statement: [statement('whole', '*')] });
    await events.call('PutPermission', { EventBusName, Policy });
    expect(await policyOf(EventBusName)).toEqual(JSON.parse(Policy));
    expect(await failure(events.call('PutPermission', { EventBusName, Policy: '{' }))).toMatch(
      /^ValidationException: Parameter Policy is not valid. Reason: /,
    );
  });

  test('is what a caller of another account is judged by', async () => {
    await events.call('PutPermission', {
      ...{ StatementId: 's', Principal: '111111111111', Action: 'events:PutEvents' },
    });
    const other: OperationContext = createContext({ account: '111111111111' });
    const permissionsOf = (EventBusName: string | undefined): readonly Permission[] => {
      const operation = events.service.operations.get('PutEvents');
      const Entries = [{ Source: 'shop', DetailType: 't', Detail: '{}', EventBusName }];
      return operation?.permissions({ Entries } as never, other) ?? [];
    };
    expect(permissionsOf(arnOf('default'))).toEqual([
      {
        action: 'events:PutEvents',
        resources: [arnOf('default')],
        conditions: { 'events:source': 'shop', 'events:detail-type': 't' },
        resourcePolicy: expect.objectContaining({ Version: '2012-10-17' }),
      },
    ]);
    const [own] = permissionsOf(undefined);
    expect(own?.resources).toEqual(['arn:aws:events:eu-west-1:111111111111:event-bus/default']);
    expect(own).not.toHaveProperty('resourcePolicy');
  });
});
