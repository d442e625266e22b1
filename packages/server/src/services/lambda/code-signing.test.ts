/** Code signing configurations, with the situations that were recorded on AWS. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { failure } from './fixtures/failure.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { context, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterEach(() => lambda.forget());
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

interface Created {
  readonly CodeSigningConfig: {
    readonly CodeSigningConfigArn: string;
    readonly CodeSigningConfigId: string;
  };
}
const PUBLISHER = 'arn:aws:signer:eu-west-1:000000000000:/signing-profiles/Mine/AbCdEfGh12';
const AllowedPublishers = { SigningProfileVersionArns: [PUBLISHER] };
const UNKNOWN = 'arn:aws:lambda:eu-west-1:000000000000:code-signing-config:csc-000000000000000aa';
const make = (changes: object = {}): Promise<Created> =>
  lambda.call('CreateCodeSigningConfig', { AllowedPublishers, ...changes });
const arnOf = async (policy: 'Warn' | 'Enforce'): Promise<string> => {
  const CodeSigningPolicies = { UntrustedArtifactOnDeployment: policy };
  return (await make({ CodeSigningPolicies })).CodeSigningConfig.CodeSigningConfigArn;
};
const zip = buildZip([{ name: 'index.js' }]);
const create = (changes: object = {}): Promise<unknown> =>
  lambda.call('CreateFunction', functionRequest(changes));
const put = (CodeSigningConfigArn: string, FunctionName = 'f'): Promise<unknown> =>
  lambda.call('PutFunctionCodeSigningConfig', { FunctionName, CodeSigningConfigArn });
const BLOCKED = [
  400,
  'CodeVerificationFailedException',
  'Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for f.',
];

describe('a configuration', () => {
  test('is made, shown, changed in what is asked for, listed and deleted', async () => {
    const { CodeSigningConfig: made } = await make({ Description: 'ours' });
    const { CodeSigningConfigArn } = made;
    expect(made).toEqual({
      CodeSigningConfigId: expect.stringMatching(/^csc-[a-z0-9]{17}$/),
      CodeSigningConfigArn: `arn:aws:lambda:eu-west-1:000000000000:code-signing-config:${made.CodeSigningConfigId}`,
      Description: 'ours',
      AllowedPublishers,
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Warn' },
      LastModified: '2026-11-24T12:00:00.656+0000',
    });
    lambda.nowMs += 1000;
    const CodeSigningPolicies = { UntrustedArtifactOnDeployment: 'Enforce' };
    const changed = {
      CodeSigningConfig: {
        ...made,
        CodeSigningPolicies,
        LastModified: '2026-11-24T12:00:01.656+0000',
      },
    };
    const update = { CodeSigningConfigArn, CodeSigningPolicies };
    expect(await lambda.call('UpdateCodeSigningConfig', update)).toEqual(changed);
    await lambda.stop();
    await lambda.start();
    expect(await lambda.call('GetCodeSigningConfig', { CodeSigningConfigArn })).toEqual(changed);
    expect(await lambda.call('ListCodeSigningConfigs', {})).toEqual({
      CodeSigningConfigs: [changed.CodeSigningConfig],
    });
    await lambda.call('DeleteCodeSigningConfig', { CodeSigningConfigArn });
    expect(await lambda.call('ListCodeSigningConfigs', {})).toEqual({ CodeSigningConfigs: [] });
  });

  test('has tags', async () => {
    const { CodeSigningConfig: made } = await make({ Tags: { team: 'a' } });
    const { CodeSigningConfigArn: Resource } = made;
    await lambda.call('TagResource', { Resource, Tags: { stage: 'test' } });
    await lambda.call('UntagResource', { Resource, TagKeys: ['team'] });
    expect(await lambda.call('ListTags', { Resource })).toEqual({ Tags: { stage: 'test' } });
    const missing = `Code signing config not found: ${UNKNOWN}`;
    expect(await failure(lambda.call('ListTags', { Resource: UNKNOWN }))).toEqual([
      404,
      'ResourceNotFoundException',
      missing,
    ]);
  });

  test.each([
    'GetCodeSigningConfig',
    'UpdateCodeSigningConfig',
    'DeleteCodeSigningConfig',
    'ListFunctionsByCodeSigningConfig',
  ])('that is not there is refused by %s', async (operation) => {
    expect(await failure(lambda.call(operation, { CodeSigningConfigArn: UNKNOWN }))).toEqual([
      404,
      'ResourceNotFoundException',
      `The Lambda code signing configuration ${UNKNOWN} can not be found.`,
    ]);
  });
});

describe('a function', () => {
  test('gets a configuration, shows it, is listed by it, and loses it', async () => {
    const arn = await arnOf('Warn');
    await create({ CodeSigningConfigArn: arn });
    const shown = { CodeSigningConfigArn: arn, FunctionName: 'f' };
    const get = (): Promise<unknown> =>
      lambda.call('GetFunctionCodeSigningConfig', { FunctionName: 'f' });
    expect(await get()).toEqual(shown);
    const list = { CodeSigningConfigArn: arn };
    expect(await lambda.call('ListFunctionsByCodeSigningConfig', list)).toEqual({
      FunctionArns: ['arn:aws:lambda:eu-west-1:000000000000:function:f'],
    });
    expect((await failure(lambda.call('DeleteCodeSigningConfig', list)))[1]).toBe(
      'ResourceConflictException',
    );
    await lambda.call('DeleteFunctionCodeSigningConfig', { FunctionName: 'f' });
    expect(await get()).toEqual({});
    expect(await put(arn)).toEqual(shown);
    await lambda.settled();
    expect(await get()).toEqual(shown);
  });

  test('cannot get one that is not there, nor one that is not there get any', async () => {
    const missing = [
      404,
      'CodeSigningConfigNotFoundException',
      `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${UNKNOWN}.`,
    ];
    expect(await failure(create({ CodeSigningConfigArn: UNKNOWN }))).toEqual(missing);
    await create();
    expect(await failure(put(UNKNOWN))).toEqual(missing);
    const { CodeSigningConfig: foreign } = await lambda.call<Created>(
      'CreateCodeSigningConfig',
      { AllowedPublishers },
      { ...context, account: '111111111111' },
    );
    expect((await failure(put(foreign.CodeSigningConfigArn)))[1]).toBe(missing[1]);
    const arn = await arnOf('Warn');
    const text = 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:absent';
    const none = { FunctionName: 'absent' };
    for (const call of [
      put(arn, 'absent'),
      lambda.call('GetFunctionCodeSigningConfig', none),
      lambda.call('DeleteFunctionCodeSigningConfig', none),
    ]) {
      expect(await failure(call)).toEqual([404, 'ResourceNotFoundException', text]);
    }
  });

  test('under Enforce gets no unsigned code: not at first, not later, not in layers', async () => {
    const arn = await arnOf('Enforce');
    expect(await failure(create({ CodeSigningConfigArn: arn }))).toEqual(BLOCKED);
    await create();
    await lambda.settled();
    await put(arn);
    const update = { FunctionName: 'f', ZipFile: buildZip([{ name: 'other.js' }]) };
    expect(await failure(lambda.call('UpdateFunctionCode', update))).toEqual(BLOCKED);
    const layer = await lambda.call<{ LayerVersionArn: string }>('PublishLayerVersion', {
      LayerName: 'unsigned',
      Content: { ZipFile: zip },
    });
    const layers = { FunctionName: 'f', Layers: [layer.LayerVersionArn] };
    expect(await failure(lambda.call('UpdateFunctionConfiguration', layers))).toEqual(BLOCKED);
    // What is no deployment goes on.
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 7 });
    await lambda.settled();
    await lambda.call('DeleteFunctionCodeSigningConfig', { FunctionName: 'f' });
    await lambda.call('UpdateFunctionCode', update);
  });

  test('under Warn gets it all the same', async () => {
    await create({ CodeSigningConfigArn: await arnOf('Warn') });
    await lambda.settled();
    await lambda.call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zip });
  });
});
