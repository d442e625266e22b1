import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AwsError } from '../../../core/aws-error.ts';
import { withLineage } from '../../../core/lineage.ts';
import type { CallAsCaller } from '../../../core/call-as.ts';
import { RoleNotAssumable } from '../../../core/invocation.ts';
import type { Message } from '@aws-sdk/client-sqs';
import { functionRequest } from '../fixtures/function-request.ts';
import {
  assumeRuns,
  context,
  startLambda,
  type LambdaUnderTest,
} from '../fixtures/start-lambda.ts';
import { until } from '../fixtures/until.ts';

const queue = 'arn:aws:sqs:eu-west-1:000000000000:q';
const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const create = (more: object = {}) =>
  lambda.call('CreateEventSourceMapping', { FunctionName: 'f', EventSourceArn: queue, ...more });

let lambda: LambdaUnderTest;
let callers: CallAsCaller[];
/** Handed out once. */
let waiting: Message[];
let removed: number;
beforeAll(async () => {
  lambda = await startLambda();
  lambda.assume = assumeRuns;
  for (const name of ['f', 'g']) {
    await lambda.call('CreateFunction', functionRequest({ FunctionName: name }));
  }
  await lambda.settled();
  await lambda.call('PublishVersion', { FunctionName: 'f' });
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' });
  await lambda.settled();
});
beforeEach(() => {
  callers = [];
  waiting = [];
  removed = 0;
  lambda.invocations.length = 0;
  lambda.callAs = (caller, service, operation, input) => {
    callers.push(caller);
    return answer(caller, `${service}:${operation}`, input as Record<string, unknown>);
  };
});
afterEach(async () => {
  for (const { uuid, wanted } of lambda.mappings.list(context)) {
    if (wanted !== 'deleted') await lambda.call('DeleteEventSourceMapping', { UUID: uuid });
  }
  await expect.poll(() => lambda.mappings.list(context), { timeout: 20_000 }).toEqual([]);
});
afterAll(() => lambda[Symbol.asyncDispose]());

/** A queue with a visibility timeout of 30 seconds. */
async function answer(
  { signal }: CallAsCaller,
  operation: string,
  input: Record<string, unknown>,
): Promise<object> {
  switch (operation) {
    case 'sqs:ReceiveMessage': {
      if (input['MaxNumberOfMessages'] === 0) throw new AwsError('InvalidParameterValue', 400, '');
      const Messages = waiting.splice(0);
      if (Messages.length > 0) return { Messages };
      const aborted = Promise.withResolvers<object>();
      signal?.addEventListener('abort', () => aborted.resolve({}));
      return signal?.aborted === true ? {} : await aborted.promise;
    }
    case 'sqs:GetQueueAttributes':
      return { Attributes: { VisibilityTimeout: '30' } };
    case 'sqs:DeleteMessageBatch':
      removed += (input['Entries'] as readonly object[]).length;
      return {};
    default:
      throw new AwsError('ReceiptHandleIsInvalid', 404, '');
  }
}

describe('CreateEventSourceMapping', () => {
  test('answers with what AWS does', async () => {
    const created = await create({ ScalingConfig: { MaximumConcurrency: 7 }, Tags: { a: 'b' } });
    const uuid = String(created['UUID']);
    expect(created).toEqual({
      UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      EventSourceArn: queue,
      FunctionArn: functionArn,
      LastModified: expect.any(Date),
      State: 'Creating',
      StateTransitionReason: 'USER_INITIATED',
      FunctionResponseTypes: [],
      ScalingConfig: { MaximumConcurrency: 7 },
      EventSourceMappingArn: `arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:${uuid}`,
    });
    expect(await lambda.call('GetEventSourceMapping', { UUID: uuid })).toEqual({
      ...created,
      State: 'Enabled',
    });
    expect(await lambda.call('ListTags', { Resource: created['EventSourceMappingArn'] })).toEqual({
      Tags: { a: 'b' },
    });
  });

  test('that is not to be enabled ends Disabled, and nothing is received', async () => {
    const { UUID } = await create({ Enabled: false });
    expect(await lambda.call('GetEventSourceMapping', { UUID })).toMatchObject({
      State: 'Disabled',
    });
    expect(callers).toHaveLength(3);
  });

  test('takes a qualified function, and invokes what it means', async () => {
    expect(await create({ FunctionName: 'f:live' })).toMatchObject({
      FunctionArn: `${functionArn}:live`,
    });
    waiting = [{ MessageId: 'm', Body: 'hello', ReceiptHandle: 'r' }];
    await lambda.call('UpdateEventSourceMapping', {
      UUID: lambda.mappings.list(context)[0]?.uuid,
    });
    await until(() => removed === 1);
    expect(lambda.invocations).toMatchObject([
      { invokedArn: `${functionArn}:live`, version: { version: '1' } },
    ]);
    expect(callers.every(({ principal }) => principal.kind === 'role-session')).toBe(true);
  });

  test.each([
    [{ EventSourceArn: undefined }, 'Unrecognized event source.'],
    [{ EventSourceArn: 'arn:aws:sns:eu-west-1:000000000000:t' }, 'Unrecognized event source.'],
    [{ EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q' }, 'Unrecognized event source.'],
    [{ FunctionName: 'none' }, 'Function does not exist'],
    [{ FunctionName: 'f:none' }, 'Function does not exist'],
    [
      { DestinationConfig: { OnFailure: { Destination: queue } } },
      'Unsupported DestinationConfig parameter for given event source mapping type.',
    ],
    [
      { FilterCriteria: { Filters: Array.from({ length: 6 }, () => ({ Pattern: '{"a":[1]}' })) } },
      'FilterCriteria can have up to 5 filters.',
    ],
    [
      { EventSourceArn: `${queue}.fifo`, BatchSize: 11 },
      'Batch size must not be greater than 10 for FIFO queues',
    ],
  ])('refuses %j', async (more, message) => {
    await expect(create(more)).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message,
    });
  });

  test.each([
    [{ EventSourceArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/s' }, 'Kinesis as a source'],
    [
      { ProvisionedPollerConfig: { MinimumPollers: 2 } },
      'provisioned pollers (ProvisionedPollerConfig)',
    ],
  ])('refuses %j, which it cannot act on', async (more, what) => {
    await expect(create(more)).rejects.toMatchObject({
      status: 501,
      message: `Hearth does not implement ${what} yet.`,
    });
  });

  test('refuses what the role may not read, and a role that Lambda cannot take on', async () => {
    lambda.callAs = () => Promise.reject(new AwsError('AccessDenied', 403, 'no'));
    await expect(create()).rejects.toMatchObject({
      message:
        'The provided execution role does not have permissions to call ReceiveMessage on SQS',
    });
    const { assume } = lambda;
    lambda.assume = () => Promise.reject(new RoleNotAssumable('no'));
    await expect(create()).rejects.toMatchObject({
      message: 'The role defined for the function cannot be assumed by Lambda.',
    });
    lambda.assume = assume;
  });

  test('refuses a second one for the same queue and function, also at the same moment', async () => {
    const results = await Promise.allSettled([create(), create(), create({ FunctionName: 'g' })]);
    expect(results.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
  });
});

describe('UpdateEventSourceMapping', () => {
  test('changes what it is asked to, and keeps the rest', async () => {
    const { UUID } = await create({
      ScalingConfig: { MaximumConcurrency: 7 },
      FilterCriteria: { Filters: [{ Pattern: '{"body":["a"]}' }] },
    });
    expect(
      await lambda.call('UpdateEventSourceMapping', { UUID, BatchSize: 3, FunctionName: 'g' }),
    ).toMatchObject({
      BatchSize: 3,
      FunctionArn: functionArn.replace(/f$/, 'g'),
      ScalingConfig: { MaximumConcurrency: 7 },
      FilterCriteria: { Filters: [{ Pattern: '{"body":["a"]}' }] },
      State: 'Updating',
    });
    const bare = await lambda.call('UpdateEventSourceMapping', {
      UUID,
      ScalingConfig: {},
      FilterCriteria: {},
    });
    expect(Object.keys(bare)).not.toContain('ScalingConfig');
    expect(Object.keys(bare)).not.toContain('FilterCriteria');
  });

  test('is refused while the last batches are under way', async () => {
    const { UUID } = await create();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { answer: echo } = lambda;
    lambda.answer = async (request) => {
      await promise;
      return await echo(request);
    };
    waiting = [{ MessageId: 'm', Body: 'hello', ReceiptHandle: 'r' }];
    await lambda.call('UpdateEventSourceMapping', { UUID });
    await until(() => lambda.invocations.length === 1);
    await lambda.call('UpdateEventSourceMapping', { UUID, Enabled: false });
    const inUse = (verb: string) => ({
      code: 'ResourceInUseException',
      status: 400,
      message: `Cannot ${verb} the event source mapping because it is in use.`,
    });
    await expect(
      lambda.call('UpdateEventSourceMapping', { UUID, Enabled: true }),
    ).rejects.toMatchObject(inUse('update'));
    await lambda.call('DeleteEventSourceMapping', { UUID });
    await expect(lambda.call('DeleteEventSourceMapping', { UUID })).rejects.toMatchObject(
      inUse('delete'),
    );
    expect(await lambda.call('GetEventSourceMapping', { UUID })).toMatchObject({
      State: 'Deleting',
    });
    resolve();
    await until(() => lambda.mappings.list(context).length === 0);
    expect(removed).toBe(1);
    lambda.answer = echo;
  });
});

describe('a batch', () => {
  const message = (id: string, traceHeader?: string): Message => ({
    MessageId: id,
    Body: id,
    ReceiptHandle: id,
    ...(traceHeader === undefined ? {} : { Attributes: { AWSTraceHeader: traceHeader } }),
  });
  /** As one that the function has been in so often. */
  const header = (rounds: number): string => {
    let traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0';
    for (let round = 0; round < rounds; round += 1) {
      traceHeader = withLineage(traceHeader, functionArn).traceHeader;
    }
    return traceHeader;
  };
  const run = async (messages: Message[]): Promise<void> => {
    const { UUID } = await create();
    waiting = messages;
    await lambda.call('UpdateEventSourceMapping', { UUID });
    await until(() => lambda.invocations.length > 0);
  };
  const bodies = (): unknown => {
    const [{ payload } = { payload: Buffer.from('') }] = lambda.invocations;
    const { Records } = JSON.parse(Buffer.from(payload).toString()) as {
      readonly Records: readonly { readonly body: string }[];
    };
    return Records.map(({ body }) => body);
  };

  test('begins a trace of its own, which knows where its messages come from', async () => {
    await run([message('new'), message('third', header(3))]);
    await until(() => removed === 2);
    const traceHeader = lambda.invocations[0]?.traceHeader ?? '';
    expect(traceHeader).not.toContain('5759e988');
    expect(withLineage(traceHeader, functionArn).rounds).toBe(4);
  });

  test('has no message that has gone through its function too often', async () => {
    await run([message('new'), message('looping', header(16))]);
    await until(() => removed === 1);
    expect(bodies()).toEqual(['new']);
  });

  test('has such messages too where loops are allowed', async () => {
    await lambda.call('PutFunctionRecursionConfig', { FunctionName: 'f', RecursiveLoop: 'Allow' });
    await run([message('looping', header(16))]);
    await until(() => removed === 1);
    await lambda.call('PutFunctionRecursionConfig', {
      FunctionName: 'f',
      RecursiveLoop: 'Terminate',
    });
  });

  test('whose function fails is not removed', async () => {
    const { answer: echo } = lambda;
    lambda.answer = async ({ version }) => ({
      outcome: { kind: 'function-error', errorType: 'Error', payload: Buffer.from('{}') },
      payload: Buffer.from('{}'),
      functionError: 'Unhandled',
      executedVersion: version.version,
    });
    await run([message('a')]);
    await lambda.call('DeleteEventSourceMapping', {
      UUID: lambda.mappings.list(context)[0]?.uuid,
    });
    await until(() => lambda.mappings.list(context).length === 0);
    expect(removed).toBe(0);
    lambda.answer = echo;
  });
});

test('ListEventSourceMappings gives what is asked for, page by page', async () => {
  await create();
  await create({ FunctionName: 'f:live' });
  await create({ FunctionName: 'g', EventSourceArn: `${queue}2` });
  const list = async (input: object) => {
    const { EventSourceMappings: found, NextMarker } = await lambda.call<{
      EventSourceMappings: { FunctionArn: string }[];
      NextMarker?: string;
    }>('ListEventSourceMappings', input);
    return {
      names: found.map((each) => each.FunctionArn.slice(functionArn.length - 1)),
      NextMarker,
    };
  };
  expect((await list({})).names.toSorted()).toEqual(['f', 'f:live', 'g']);
  expect((await list({ FunctionName: 'f' })).names).toEqual(['f']);
  expect((await list({ FunctionName: `${functionArn}:live` })).names).toEqual(['f:live']);
  expect((await list({ EventSourceArn: `${queue}2` })).names).toEqual(['g']);
  const first = await list({ MaxItems: 2 });
  const second = await list({ MaxItems: 2, Marker: first.NextMarker });
  expect([...first.names, ...second.names].toSorted()).toEqual(['f', 'f:live', 'g']);
  expect(second.NextMarker).toBeUndefined();
});

test('mappings are polled again after a restart', async () => {
  await create();
  await lambda.stop();
  waiting = [{ MessageId: 'm', Body: 'hello', ReceiptHandle: 'r' }];
  await lambda.start();
  await lambda.service.resume();
  lambda.service.provision();
  await until(() => removed === 1);
  expect(lambda.invocations).toHaveLength(1);
});

describe('a mapping that cannot read its queue', () => {
  test('stays Enabled as on AWS, and its trouble is told beside the API until it is over', async () => {
    const created = await create();
    expect(lambda.service.troubledMappings()).toEqual([]);
    let isAllowed = false;
    const { callAs } = lambda;
    lambda.callAs = (caller, ...rest) => {
      const isPoll = caller.signal !== undefined;
      if (isAllowed || !isPoll) return callAs(caller, ...rest);
      return Promise.reject(new AwsError('AccessDenied', 403, 'The role may not.'));
    };
    // What waited already goes on with what it had.
    await lambda.call('UpdateEventSourceMapping', { UUID: created['UUID'], BatchSize: 5 });
    await until(() => lambda.service.troubledMappings().length > 0);
    expect(lambda.service.troubledMappings()).toEqual([
      {
        mapping: created['EventSourceMappingArn'],
        source: queue,
        function: functionArn,
        reason: 'The role may not.',
        since: new Date(lambda.nowMs).toISOString(),
      },
    ]);
    expect(lambda.service.counts()).toMatchObject({ troubledMappings: 1 });
    const shown = await lambda.call('GetEventSourceMapping', { UUID: created['UUID'] });
    expect(shown).toMatchObject({ State: 'Enabled', StateTransitionReason: 'USER_INITIATED' });
    expect(shown).not.toHaveProperty('LastProcessingResult');
    isAllowed = true;
    waiting = [{ MessageId: 'm', ReceiptHandle: 'r', Body: 'news' }];
    await until(() => removed === 1);
    expect(lambda.service.troubledMappings()).toEqual([]);
  });
});
