/**
 * The life of a function and that of its aliases, as whole answers on the wire, against what AWS
 * was recorded to answer to the same calls: status and body, with ids, times, sizes and hashes
 * masked. An id is masked by the order in which it first appears, so that it also shows which
 * calls change a revision.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import { writeRestError } from '../../wire/rest-error.ts';
import { compileRestOutput } from '../../wire/rest-output.ts';
import { loadServiceModel } from '../../wire/service-model.ts';
import { ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const model = loadServiceModel('lambda');
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';

let lambda: LambdaUnderTest;
let mask: (text: string) => string;
beforeEach(async () => {
  lambda = await startLambda();
  mask = createMask();
});
afterEach(() => lambda[Symbol.asyncDispose]());

const code = (content: string): Buffer => buildZip([{ name: 'index.js', data: content }]);
const code1 = code('1');
const code2 = code('a second');

/** What the operation answers on the wire; whatever it set in motion is over then. */
async function answer(
  name: string,
  input: object = {},
): Promise<{ status: number; body: unknown }> {
  const operation = model.operations.get(name)!;
  const response = await lambda.call(name, { FunctionName: 'f', ...input }).then(
    (output) => compileRestOutput(operation)(output, 'an-id'),
    (error: unknown) => {
      if (!(error instanceof AwsError)) throw error;
      return writeRestError(model, error, 'an-id');
    },
  );
  await lambda.settled();
  const text = Buffer.from(response.body).toString();
  return { status: response.status, body: text === '' ? '' : JSON.parse(mask(text)) };
}

function createMask(): (text: string) => string {
  const kinds = [
    ['uuid', /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g],
    ['hash', /(?<="CodeSha256":")[^"]+/g],
    ['runtime', /(?<=::runtime:)[0-9a-f]{64}/g],
    ['location', /(?<="Location":")[^"]+/g],
    ['date', /(?<="LastModified":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000/g],
  ] as const;
  const seen = kinds.map(() => new Map<string, string>());
  return (text) =>
    kinds
      .reduce((masked, [kind, pattern], index) => {
        const known = seen[index]!;
        return masked.replaceAll(pattern, (value) => {
          const name = known.get(value) ?? `${kind} ${known.size + 1}`;
          known.set(value, name);
          return name;
        });
      }, text)
      .replace(/(?<="CodeSize":)\d+/g, '0')
      .replace(/(?<="LastModified":")date \d+/g, 'date')
      .replace(/(?<="Location":")location \d+/g, 'location');
}

const fresh = {
  FunctionName: 'f',
  FunctionArn: ARN,
  Runtime: 'nodejs22.x',
  Role: ROLE,
  Handler: 'handler.handler',
  CodeSize: 0,
  Description: '',
  Timeout: 5,
  MemorySize: 256,
  LastModified: 'date',
  CodeSha256: 'hash 1',
  Version: '$LATEST',
  Environment: { Variables: {} },
  TracingConfig: { Mode: 'PassThrough' },
  RevisionId: 'uuid 1',
  State: 'Pending',
  StateReason: 'The function is being created.',
  StateReasonCode: 'Creating',
  PackageType: 'Zip',
  Architectures: ['x86_64'],
  EphemeralStorage: { Size: 512 },
  SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
  RuntimeVersionConfig: { RuntimeVersionArn: 'arn:aws:lambda:eu-west-1::runtime:runtime 1' },
  LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/f' },
};
const { StateReason: _, StateReasonCode: __, ...settled } = fresh;
const active = { ...settled, State: 'Active', LastUpdateStatus: 'Successful' };
const updating = {
  LastUpdateStatus: 'InProgress',
  LastUpdateStatusReason: 'The function is being created.',
  LastUpdateStatusReasonCode: 'Creating',
};
const Code = { Location: 'location', RepositoryType: 'S3' };

test('a function is created, read, updated twice and deleted', async () => {
  const created = await answer('CreateFunction', {
    Runtime: 'nodejs22.x',
    Role: ROLE,
    Handler: 'handler.handler',
    Timeout: 5,
    MemorySize: 256,
    Environment: { Variables: {} },
    Code: { ZipFile: code1 },
  });
  expect(created).toEqual({ status: 201, body: fresh });
  expect(await answer('GetFunction')).toEqual({
    status: 200,
    body: { Code, Configuration: { ...active, RevisionId: 'uuid 2' } },
  });
  const changes = {
    Runtime: 'nodejs20.x',
    Description: 'Changed-Description',
    Timeout: 10,
    MemorySize: 512,
    Environment: { Variables: { ENV_A: 'a' } },
  };
  const changed = {
    ...active,
    ...changes,
    RuntimeVersionConfig: { RuntimeVersionArn: 'arn:aws:lambda:eu-west-1::runtime:runtime 2' },
  };
  expect(await answer('UpdateFunctionConfiguration', changes)).toEqual({
    status: 200,
    body: { ...changed, ...updating, RevisionId: 'uuid 3' },
  });
  expect(await answer('GetFunction')).toEqual({
    status: 200,
    body: { Code, Configuration: { ...changed, RevisionId: 'uuid 4' } },
  });
  const newer = { ...changed, CodeSha256: 'hash 2' };
  expect(await answer('UpdateFunctionCode', { ZipFile: code2 })).toEqual({
    status: 200,
    body: { ...newer, ...updating, RevisionId: 'uuid 5' },
  });
  expect(await answer('GetFunction')).toEqual({
    status: 200,
    body: { Code, Configuration: { ...newer, RevisionId: 'uuid 6' } },
  });
  expect(await answer('DeleteFunction')).toEqual({ status: 204, body: '' });
  expect(await answer('DeleteFunction')).toEqual({
    status: 404,
    body: { Type: 'User', Message: `Function not found: ${ARN}` },
  });
});

test('versions are published, and aliases of them created, read, updated and deleted', async () => {
  const asked = {
    Runtime: 'nodejs22.x',
    Role: ROLE,
    Handler: 'handler.handler',
    Timeout: 5,
    MemorySize: 256,
    Environment: { Variables: { testenv: 'staging' } },
    Code: { ZipFile: code1 },
  };
  const Environment = asked.Environment;
  expect(await answer('CreateFunction', { ...asked, Publish: true })).toEqual({
    status: 201,
    body: { ...fresh, Environment, FunctionArn: `${ARN}:1`, Version: '1' },
  });
  const first = { ...active, Environment, Version: '1' };
  expect(await answer('GetFunction', { Qualifier: '1' })).toEqual({
    status: 200,
    body: { Code, Configuration: { ...first, FunctionArn: `${ARN}:1`, RevisionId: 'uuid 2' } },
  });
  const Description = 'custom-alias';
  await answer('UpdateFunctionConfiguration', { Environment: { Variables: { testenv: 'prod' } } });
  const published = await answer('PublishVersion', { Description });
  expect(published).toEqual({
    status: 201,
    body: {
      ...fresh,
      Description,
      Environment: { Variables: { testenv: 'prod' } },
      FunctionArn: `${ARN}:2`,
      Version: '2',
      RevisionId: expect.stringMatching(/^uuid \d$/),
    },
  });
  const routing = { RoutingConfig: { AdditionalVersionWeights: { 2: 0.2 } } };
  const one = { Name: 'one', FunctionVersion: '1', Description };
  const shown = { AliasArn: `${ARN}:one`, ...one, RevisionId: expect.stringMatching(/^uuid \d$/) };
  const createdAlias = await answer('CreateAlias', { ...one, ...routing });
  expect(createdAlias).toEqual({ status: 201, body: { ...shown, ...routing } });
  expect(await answer('GetAlias', { Name: 'one' })).toEqual({ ...createdAlias, status: 200 });
  expect(await answer('GetFunction', { Qualifier: 'one' })).toEqual({
    status: 200,
    body: { Code, Configuration: { ...first, FunctionArn: `${ARN}:one`, RevisionId: 'uuid 2' } },
  });
  const two = await answer('CreateAlias', { Name: 'two', FunctionVersion: '2' });
  expect(two).toEqual({
    status: 201,
    body: {
      AliasArn: `${ARN}:two`,
      Name: 'two',
      FunctionVersion: '2',
      Description: '',
      RevisionId: expect.stringMatching(/^uuid \d+$/),
    },
  });
  expect(await answer('ListAliases')).toEqual({
    status: 200,
    body: { Aliases: [createdAlias.body, two.body] },
  });
  const unrouted = await answer('UpdateAlias', {
    Name: 'one',
    RoutingConfig: { AdditionalVersionWeights: {} },
  });
  expect(unrouted).toEqual({
    status: 200,
    body: { ...shown, RevisionId: expect.stringMatching(/^uuid \d+$/) },
  });
  expect(unrouted.body).not.toMatchObject({
    RevisionId: (createdAlias.body as { RevisionId: string }).RevisionId,
  });
  expect(await answer('ListAliases', { FunctionVersion: '1' })).toEqual({
    status: 200,
    body: { Aliases: [unrouted.body] },
  });
  expect(await answer('DeleteAlias', { Name: 'one' })).toEqual({ status: 204, body: '' });
  expect(await answer('ListAliases')).toEqual({ status: 200, body: { Aliases: [two.body] } });
});
