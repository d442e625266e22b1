import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AwsError } from '../../core/aws-error.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { assumeRuns, ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:failed';
const all = {
  TracingConfig: { Mode: 'Active' },
  DeadLetterConfig: { TargetArn: QUEUE },
  VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
};
const shown = {
  ...all,
  VpcConfig: { ...all.VpcConfig, VpcId: '', Ipv6AllowedForDualStack: false },
};

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
  lambda.assume = assumeRuns;
});
beforeEach(async () => {
  await lambda.forget();
  lambda.callAs = async () => ({});
});
afterAll(() => lambda[Symbol.asyncDispose]());

const create = (changes: object): Promise<object> =>
  lambda.call('CreateFunction', functionRequest(changes));
const update = async (changes: object): Promise<object> => {
  await lambda.settled();
  return await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', ...changes });
};

test('active tracing, a dead-letter queue and a network are kept and shown, after a restart too', async () => {
  await expect(create(all)).resolves.toMatchObject(shown);
  await lambda.settled();
  await lambda.stop();
  await lambda.start();
  await expect(
    lambda.call('GetFunctionConfiguration', { FunctionName: 'f' }),
  ).resolves.toMatchObject(shown);
});

test('a function that was given none of them shows none of them', async () => {
  const created = await create({});
  expect(created).toMatchObject({ TracingConfig: { Mode: 'PassThrough' } });
  expect(created).not.toHaveProperty('DeadLetterConfig');
  expect(created).not.toHaveProperty('VpcConfig');
});

test('an update without them keeps them, and empty ones take them away', async () => {
  await create(all);
  await expect(update({ Description: 'other' })).resolves.toMatchObject(shown);
  const without = await update({
    TracingConfig: { Mode: 'PassThrough' },
    DeadLetterConfig: { TargetArn: '' },
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
  });
  expect(without).toMatchObject({ TracingConfig: { Mode: 'PassThrough' } });
  expect(without).not.toHaveProperty('DeadLetterConfig');
  expect(without).not.toHaveProperty('VpcConfig');
});

const ids = (kind: 'subnet' | 'sg', count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${kind}-${index}`);

test('a network has up to 16 subnets and 5 security groups, and IPv6 where it is asked for', async () => {
  const lists = { SubnetIds: ids('subnet', 16), SecurityGroupIds: ids('sg', 5) };
  const VpcConfig = { ...lists, VpcId: '', Ipv6AllowedForDualStack: false };
  await expect(create({ VpcConfig: lists })).resolves.toMatchObject({ VpcConfig });
  const isAllowed = { ...VpcConfig, Ipv6AllowedForDualStack: true };
  await expect(update({ VpcConfig: { Ipv6AllowedForDualStack: true } })).resolves.toMatchObject({
    VpcConfig: isAllowed,
  });
  await expect(update({ VpcConfig: {} })).resolves.toMatchObject({ VpcConfig: isAllowed });
  await expect(update({ VpcConfig: lists })).resolves.toMatchObject({ VpcConfig });
});

test.each([
  ...[{ SubnetIds: ['subnet-1'] }, { SecurityGroupIds: ['sg-1'], SubnetIds: [] }].map(
    (VpcConfig): [object, string] => [
      { VpcConfig },
      'SubnetIds and SecurityIds must coexist or be both empty list.',
    ],
  ),
  [
    { VpcConfig: { SubnetIds: ids('subnet', 17), SecurityGroupIds: ['sg-1'] } },
    expect.stringMatching(
      /^1 validation error detected: Value '\[subnet-0, .*\]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must have length less than or equal to 16$/,
    ),
  ],
  [
    { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ids('sg', 6) } },
    expect.stringMatching(
      /^1 validation error detected: Value '\[sg-0, .*\]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must have length less than or equal to 5$/,
    ),
  ],
  [
    { VpcConfig: { SubnetIds: [null], SecurityGroupIds: ['sg-1'] } },
    expect.stringContaining('subnetIds'),
  ],
  [
    { DeadLetterConfig: { TargetArn: 'arn:aws:s3:::bucket' } },
    'The dead-letter target arn:aws:s3:::bucket is neither a queue nor a topic.',
  ],
  [
    { VpcConfig: { SubnetIds: ['net'], SecurityGroupIds: ['sg-1'] } },
    "1 validation error detected: Value '[net]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]",
  ],
  [
    { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['group'] } },
    "1 validation error detected: Value '[group]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]",
  ],
])('%j is refused', async (changes, text) => {
  await expect(create(changes)).rejects.toMatchObject({ status: 400, message: text });
  await expect(lambda.call('ListFunctions', {})).resolves.toEqual({ Functions: [] });
});

const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:failed';

test.each([
  [QUEUE, 'The provided execution role does not have permissions to call SendMessage on SQS'],
  [TOPIC, 'The provided execution role does not have permissions to call Publish on SNS'],
])('%s is refused to a function whose role may not tell it', async (TargetArn, message) => {
  const refused = { code: 'InvalidParameterValueException', status: 400, message };
  const given = { DeadLetterConfig: { TargetArn } };
  await create({});
  const asked: unknown[] = [];
  lambda.callAs = ({ isQuestion, principal }, ...question) => {
    asked.push([isQuestion, principal, question[1]]);
    return Promise.reject(new AwsError('AccessDenied', 403, 'no'));
  };
  await expect(create({ FunctionName: 'g', ...given })).rejects.toMatchObject(refused);
  await expect(update(given)).rejects.toMatchObject(refused);
  const { principal } = await assumeRuns(ROLE, 'f');
  expect(asked[1]).toEqual([true, principal, TargetArn === QUEUE ? 'SendMessage' : 'Publish']);
  // Nobody asks for what is not touched, and nobody can say what cannot be reached.
  await expect(update({ Description: 'other' })).resolves.toMatchObject({ Description: 'other' });
  lambda.callAs = () => Promise.reject(new AwsError('ServiceUnavailable', 503, 'gone'));
  await expect(update(given)).resolves.toMatchObject(given);
  lambda.callAs = () => Promise.reject(new AwsError('AccessDenied', 403, 'no'));
  await expect(update({ Role: ROLE })).rejects.toMatchObject(refused);
});

test('an alias does not send to versions with different dead-letter queues', async () => {
  await create({ ...all, Publish: true });
  await update({ DeadLetterConfig: { TargetArn: `${QUEUE}2` } });
  await lambda.settled();
  await lambda.call('PublishVersion', { FunctionName: 'f' });
  await expect(
    lambda.call('CreateAlias', {
      FunctionName: 'f',
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
    }),
  ).rejects.toMatchObject({ code: 'InvalidParameterValueException' });
});
