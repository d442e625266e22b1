/** Who may use a layer version, with the situations that were recorded on AWS. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Operation } from '../../core/operation.ts';
import { failure } from './fixtures/failure.ts';
import { LayerUnderTest } from './fixtures/layer-under-test.ts';
import { context, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
let layer: LayerUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(() => {
  layer = new LayerUnderTest(lambda);
});
afterEach(() => lambda.forget());
afterAll(() => lambda[Symbol.asyncDispose]());

type Refusal = readonly [
  operation: string,
  input: () => object,
  status: number,
  code: string,
  text: () => string,
];
const NOT_FOUND = 'ResourceNotFoundException';

describe('permissions', () => {
  const permissionsOf = (name: string, input: object): readonly object[] => {
    const operation: Pick<Operation<object>, 'permissions'> | undefined =
      lambda.service.operations.get(name);
    return operation?.permissions(input, context) ?? [];
  };

  test('whoever gives a layer to a function must be allowed to read it, by its policy too', async () => {
    const { LayerVersionArn: arn } = await layer.publish();
    await lambda.call('AddLayerVersionPermission', permission());
    const input = { FunctionName: 'f', Layers: [arn] };
    for (const operation of ['CreateFunction', 'UpdateFunctionConfiguration']) {
      const asked = permissionsOf(operation, input);
      expect(asked[0]).toMatchObject({ conditions: { 'lambda:Layer': [arn] } });
      expect(asked.at(-1)).toMatchObject({
        action: 'lambda:GetLayerVersion',
        resources: [arn],
        resourcePolicy: { Statement: [{ Sid: 's1' }] },
      });
    }
  });

  test('each operation names what it acts on', () => {
    expect(permissionsOf('ListLayers', {})).toEqual([
      { action: 'lambda:ListLayers', resources: ['*'] },
    ]);
    for (const operation of ['PublishLayerVersion', 'ListLayerVersions']) {
      expect(permissionsOf(operation, { LayerName: layer.name })).toEqual([
        { action: `lambda:${operation}`, resources: [layer.arn] },
      ]);
    }
    expect(permissionsOf('GetLayerVersionByArn', { Arn: `${layer.arn}:3` })).toEqual([
      { action: 'lambda:GetLayerVersion', resources: [`${layer.arn}:3`] },
    ]);
    for (const operation of ['GetLayerVersion', 'DeleteLayerVersion', 'GetLayerVersionPolicy']) {
      expect(permissionsOf(operation, layer.version(3))).toEqual([
        { action: `lambda:${operation}`, resources: [`${layer.arn}:3`] },
      ]);
    }
  });

  const permission = (changes: object = {}): object => ({
    ...layer.version(),
    StatementId: 's1',
    Action: 'lambda:GetLayerVersion',
    Principal: '*',
    ...changes,
  });
  const add = (changes: object = {}): Promise<{ Statement: string; RevisionId: string }> =>
    lambda.call('AddLayerVersionPermission', permission(changes));
  const policy = (): Promise<{ Policy: string; RevisionId: string }> =>
    lambda.call('GetLayerVersionPolicy', layer.version());

  test('make a policy whose revision changes with it, and which goes with its last statement', async () => {
    await layer.publish();
    const everybody = await add({ OrganizationId: 'o-1234567890' });
    const statement = {
      Sid: 's1',
      Effect: 'Allow',
      Principal: '*',
      Action: 'lambda:GetLayerVersion',
      Resource: `${layer.arn}:1`,
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } },
    };
    expect(JSON.parse(everybody.Statement)).toEqual(statement);
    const account = await add({
      StatementId: 's2',
      Principal: '111111111111',
      RevisionId: everybody.RevisionId,
    });
    expect(account.RevisionId).not.toBe(everybody.RevisionId);
    const found = await policy();
    expect(found.RevisionId).toBe(account.RevisionId);
    expect(JSON.parse(found.Policy)).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        statement,
        expect.objectContaining({
          Sid: 's2',
          Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        }),
      ],
    });
    for (const StatementId of ['s1', 's2']) {
      await lambda.call('RemoveLayerVersionPermission', { ...layer.version(), StatementId });
    }
    expect(await failure(policy())).toEqual([
      404,
      NOT_FOUND,
      'No policy is associated with the given resource.',
    ]);
  });

  const STALE =
    'The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id';
  test.each<Refusal>([
    [
      'AddLayerVersionPermission',
      () => permission(),
      409,
      'ResourceConflictException',
      () =>
        'The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.',
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ LayerName: `${layer.name}-doesnotexist` }),
      404,
      NOT_FOUND,
      () => `Layer version ${layer.arn}-doesnotexist:1 does not exist.`,
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ VersionNumber: 2 }),
      404,
      NOT_FOUND,
      () => `Layer version ${layer.arn}:2 does not exist.`,
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ StatementId: 's2', RevisionId: 'wrong' }),
      412,
      'PreconditionFailedException',
      () => STALE,
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ Action: '*' }),
      400,
      'ValidationException',
      () =>
        "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion",
    ],
    [
      'RemoveLayerVersionPermission',
      () => ({ ...layer.version(), StatementId: 'doesnotexist' }),
      404,
      NOT_FOUND,
      () => 'Statement doesnotexist is not found in resource policy.',
    ],
    [
      'RemoveLayerVersionPermission',
      () => ({ ...layer.version(), StatementId: 's1', RevisionId: 'wrong' }),
      412,
      'PreconditionFailedException',
      () => STALE,
    ],
    [
      'RemoveLayerVersionPermission',
      () => ({ ...layer.version(2), StatementId: 's1' }),
      404,
      NOT_FOUND,
      () => `Layer version ${layer.arn}:2 does not exist.`,
    ],
    [
      'GetLayerVersionPolicy',
      () => layer.version(2),
      404,
      NOT_FOUND,
      () => `Layer version ${layer.arn}:2 does not exist.`,
    ],
  ])('%s refuses, case %$', async (operation, input, status, code, text) => {
    await layer.publish();
    await add();
    expect(await failure(lambda.call(operation, input()))).toEqual([status, code, text()]);
    expect(JSON.parse((await policy()).Policy)).toMatchObject({ Statement: [{ Sid: 's1' }] });
  });
});
