import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
const creation = (FunctionName: string, more: object = {}): object =>
  functionRequest({ FunctionName, ...more });
const TenancyConfig = { TenantIsolationMode: 'PER_TENANT' };

beforeAll(async () => {
  lambda = await startLambda();
  await lambda.call('CreateFunction', creation('tenants', { TenancyConfig }));
  await lambda.call('CreateFunction', creation('plain'));
  await lambda.settled();
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

test('the configuration is shown with the function, its versions and after a restart', async () => {
  const published = await lambda.call('PublishVersion', { FunctionName: 'tenants' });
  expect(published).toMatchObject({ TenancyConfig });
  await lambda.stop();
  await lambda.start();
  const shown = { FunctionName: 'tenants' };
  expect(await lambda.call('GetFunctionConfiguration', shown)).toMatchObject({ TenancyConfig });
  const plain = await lambda.call('GetFunctionConfiguration', { FunctionName: 'plain' });
  expect(plain).not.toHaveProperty('TenancyConfig');
});

test('only the isolation that exists can be asked for', async () => {
  const unknown = creation('odd', { TenancyConfig: { TenantIsolationMode: 'SHARED' } });
  await expect(lambda.call('CreateFunction', unknown)).rejects.toMatchObject({
    code: 'ValidationException',
  });
});

test('an invocation names its tenant, and only where there are any', async () => {
  await lambda.call('Invoke', { FunctionName: 'tenants', TenantId: 'blue' });
  expect(lambda.invocations.at(-1)).toMatchObject({ tenantId: 'blue' });
  await lambda.call('Invoke', { FunctionName: 'plain' });
  expect(lambda.invocations.at(-1)).not.toHaveProperty('tenantId');
  const refused = { status: 400, code: 'InvalidParameterValueException' };
  await expect(lambda.call('Invoke', { FunctionName: 'tenants' })).rejects.toMatchObject({
    ...refused,
    message:
      'The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.',
  });
  const needless = { FunctionName: 'plain', TenantId: 'blue' };
  await expect(lambda.call('Invoke', needless)).rejects.toMatchObject(refused);
});

test.each(['', 'a'.repeat(257), 'semi;colon', 'línea', 'new\nline'])(
  'the tenant id %j is refused',
  async (TenantId) => {
    const asked = lambda.call('Invoke', { FunctionName: 'tenants', TenantId });
    await expect(asked).rejects.toMatchObject({ code: 'ValidationException' });
  },
);
