/** Rules and their targets, as they are put, shown and refused. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import {
  account,
  failure,
  functionArn,
  queueArn,
  ruleArn,
  startEvents,
  type EventsUnderTest,
} from './fixtures/start-events.ts';

let events: EventsUnderTest;
beforeEach(async () => {
  events = await startEvents(openMemoryStore());
});
afterEach(() => events.stop());

describe('a rule', () => {
  test('is described and listed as AWS does', async () => {
    const answered = await events.putRule('tick', 'rate(5 minutes)', {
      Description: 'ticks',
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
    expect(answered).toEqual({ RuleArn: ruleArn('tick') });
    const shown = {
      Name: 'tick',
      Arn: ruleArn('tick'),
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Description: 'ticks',
      EventBusName: 'default',
    };
    expect(await events.call('DescribeRule', { Name: 'tick' })).toEqual({
      ...shown,
      CreatedBy: account,
    });
    expect(await events.call('ListRules', {})).toEqual({ Rules: [shown] });
    expect(await events.call('ListTagsForResource', { ResourceARN: ruleArn('tick') })).toEqual({
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
  });

  test('that is put again loses what is left out, but for targets and tags', async () => {
    await events.putRule('tick', 'rate(5 minutes)', {
      Description: 'ticks',
      Tags: [{ Key: 'a', Value: '1' }],
    });
    await events.putTarget('tick');
    await events.putRule('tick', 'rate(1 hour)', {
      State: 'DISABLED',
      Tags: [{ Key: 'b', Value: '2' }],
    });
    const described = await events.call('DescribeRule', { Name: 'tick' });
    expect(described).toMatchObject({ ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' });
    expect(described).not.toHaveProperty('Description');
    expect(await events.call('ListTargetsByRule', { Rule: 'tick' })).toMatchObject({
      Targets: [{ Id: 'a' }],
    });
    expect(await events.call('ListTagsForResource', { ResourceARN: ruleArn('tick') })).toEqual({
      Tags: [{ Key: 'a', Value: '1' }],
    });
  });

  test('is tagged and untagged', async () => {
    await events.putRule('tick', 'rate(1 day)');
    const ResourceARN = ruleArn('tick');
    await events.call('TagResource', { ResourceARN, Tags: [{ Key: 'a', Value: '1' }] });
    await events.call('TagResource', { ResourceARN, Tags: [{ Key: 'b', Value: '2' }] });
    await events.call('UntagResource', { ResourceARN, TagKeys: ['a', 'c'] });
    expect(await events.call('ListTagsForResource', { ResourceARN })).toEqual({
      Tags: [{ Key: 'b', Value: '2' }],
    });
  });

  test('is deleted once it has no targets; one that is not there is deleted all the same', async () => {
    await events.putRule('tick', 'rate(1 day)');
    await events.putTarget('tick');
    expect(await failure(events.call('DeleteRule', { Name: 'tick' }))).toBe(
      "ValidationException: Rule can't be deleted since it has targets.",
    );
    await events.call('RemoveTargets', { Rule: 'tick', Ids: ['a', 'b'] });
    expect(await events.call('DeleteRule', { Name: 'tick' })).toEqual({});
    expect(await events.call('DeleteRule', { Name: 'tick' })).toEqual({});
    expect(await events.call('ListRules', {})).toEqual({ Rules: [] });
  });

  test('is listed by prefix, by target, and page by page', async () => {
    for (const name of ['b1', 'a2', 'a1', 'a3']) {
      await events.putRule(name, 'rate(1 day)');
      await events.putTarget(name);
    }
    const first = await events.call('ListRules', { NamePrefix: 'a', Limit: 2 });
    expect(first).toMatchObject({ Rules: [{ Name: 'a1' }, { Name: 'a2' }] });
    const rest = { NamePrefix: 'a', Limit: 2, NextToken: first['NextToken'] };
    const second = await events.call('ListRules', rest);
    expect(second).toMatchObject({ Rules: [{ Name: 'a3' }] });
    expect(second).not.toHaveProperty('NextToken');
    expect(await events.call('ListRuleNamesByTarget', { TargetArn: queueArn })).toEqual({
      RuleNames: ['a1', 'a2', 'a3', 'b1'],
    });
    expect(await events.call('ListRuleNamesByTarget', { TargetArn: functionArn })).toEqual({
      RuleNames: [],
    });
  });

  test.each([
    [{ ScheduleExpression: 'rate(1 minutes)' }, 'Parameter ScheduleExpression is not valid.'],
    [{}, 'Parameter(s) EventPattern or ScheduleExpression must be specified.'],
    [
      { ScheduleExpression: 'rate(1 day)', EventBusName: 'own' },
      'ScheduleExpression is supported only on the default event bus.',
    ],
    [
      { ScheduleExpression: 'rate(1 day)', RoleArn: 'arn:aws:iam::000000000000:role/r' },
      'Hearth does not implement roles of rules (RoleArn) yet.',
    ],
    [
      { Name: 'a b', ScheduleExpression: 'rate(1 day)' },
      String.raw`1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`,
    ],
  ])('with %j is refused', async (input, message) => {
    const put = events.call('PutRule', { Name: 'tick', ...input });
    expect(await failure(put)).toBe(`ValidationException: ${message}`);
  });

  test.each([
    ['DescribeRule', { Name: 'no' }],
    ['EnableRule', { Name: 'no' }],
    ['DisableRule', { Name: 'no' }],
    ['ListTargetsByRule', { Rule: 'no' }],
    ['PutTargets', { Rule: 'no', Targets: [{ Id: 'a', Arn: queueArn }] }],
    ['RemoveTargets', { Rule: 'no', Ids: ['a'] }],
    ['ListTagsForResource', { ResourceARN: ruleArn('no') }],
  ])('that is not there: %s', async (operation, input) => {
    expect(await failure(events.call(operation, input))).toBe(
      'ResourceNotFoundException: Rule no does not exist on EventBus default.',
    );
    expect(await failure(events.call('ListRules', { EventBusName: 'own' }))).toBe(
      'ResourceNotFoundException: Event bus own does not exist.',
    );
  });
});

describe('targets', () => {
  test('are listed as they were put; one id is one target', async () => {
    await events.putRule('tick', 'rate(1 day)');
    const target = {
      Id: 'a',
      Arn: `${queueArn}.fifo`,
      InputTransformer: { InputPathsMap: { t: '$.time' }, InputTemplate: '{"at":<t>}' },
      SqsParameters: { MessageGroupId: 'g' },
      DeadLetterConfig: { Arn: queueArn },
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
    };
    await events.putTarget('tick');
    expect(await events.call('PutTargets', { Rule: 'tick', Targets: [target] })).toEqual({
      FailedEntryCount: 0,
      FailedEntries: [],
    });
    expect(await events.call('ListTargetsByRule', { Rule: 'tick' })).toEqual({ Targets: [target] });
  });

  test('are five at most', async () => {
    await events.putRule('tick', 'rate(1 day)');
    const Targets = [1, 2, 3, 4, 5, 6].map((each) => ({ Id: `t${each}`, Arn: queueArn }));
    expect(await failure(events.call('PutTargets', { Rule: 'tick', Targets }))).toBe(
      'LimitExceededException: The requested resource exceeds the maximum number allowed.',
    );
    expect(await events.call('ListTargetsByRule', { Rule: 'tick' })).toEqual({ Targets: [] });
  });

  test.each([
    [
      { Arn: 'jobs' },
      'Parameter jobs is not valid. Reason: Provided Arn is not in correct format.',
    ],
    [
      { Arn: 'arn:aws:states:eu-west-1:000000000000:t' },
      'Hearth does not implement targets other than functions, queues and topics (arn:aws:states:eu-west-1:000000000000:t) yet.',
    ],
    [{ Arn: `${queueArn}.fifo` }, 'Parameter(s) SqsParameters must be specified for target: a.'],
    [
      { RoleArn: 'arn:aws:iam::000000000000:role/r' },
      `RoleArn is not supported for target ${queueArn}.`,
    ],
    [{ KinesisParameters: { PartitionKeyPath: '$.id' } }, 'Hearth does not implement targets with'],
    [
      { Input: '{}', InputPath: '$.detail' },
      'Only one of Input, InputPath, or InputTransformer must be provided for target a.',
    ],
    [{ Input: '{' }, 'JSON syntax error in input for target a.'],
    [{ InputPath: 'detail' }, 'Invalid JSON path detail for target a.'],
    [
      { InputTransformer: { InputTemplate: '<b>' } },
      'InputTemplate for target a contains invalid placeholder b.',
    ],
    [
      { DeadLetterConfig: { Arn: functionArn } },
      `Parameter ${functionArn} is not valid. Reason: Provided Arn is not in correct format.`,
    ],
  ])('with %j are refused', async (target, message) => {
    await events.putRule('tick', 'rate(1 day)');
    expect(await failure(events.putTarget('tick', target))).toContain(
      `ValidationException: ${message}`,
    );
  });
});
