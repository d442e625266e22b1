/** Who may invoke a function by its own policy, through the whole of dispatch. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIam } from '../../../testkit/src/open-iam.ts';
import type { CallAs, CallAsCaller, CallSource } from '../core/call-as.ts';
import type { Principal } from '../core/principal.ts';
import { rootPrincipal } from '../iam/credentials.ts';
import { randomIds } from '../lib/ids.ts';
import { functionRequest } from '../services/lambda/fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from '../services/lambda/fixtures/start-lambda.ts';
import { createCallAs } from './create-call-as.ts';
import { serve } from './served-service.ts';

const HERE = '000000000000';
const THERE = '111111111111';
const ARN = `arn:aws:lambda:eu-west-1:${HERE}:function:f`;
const BUCKET = 'arn:aws:s3:::orders';
const s3: Principal = { kind: 'service', service: 's3.amazonaws.com' };

let lambda: LambdaUnderTest;
let callAs: CallAs;
beforeAll(async () => {
  lambda = await startLambda();
  const { identities } = await openIam(Date.now());
  const services = serve([lambda.service]);
  callAs = createCallAs({ identities, services, ids: randomIds, endpoint: () => '' });
  await lambda.call('CreateFunction', functionRequest({ Publish: true }));
  await lambda.settled();
  const s3Statement = {
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
    SourceArn: BUCKET,
    SourceAccount: HERE,
  };
  await lambda.call('AddPermission', { FunctionName: 'f', StatementId: 's3', ...s3Statement });
  await lambda.call('AddPermission', {
    FunctionName: 'f:1',
    StatementId: 'there',
    Action: 'lambda:InvokeFunction',
    Principal: THERE,
  });
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const invoke = (
  principal: Principal,
  FunctionName: string,
  source?: CallSource,
  operation = 'Invoke',
): Promise<object> => {
  const account = principal.kind === 'service' ? HERE : principal.account;
  const caller = { principal, account, region: 'eu-west-1', ...(source && { source }) };
  return callAs(caller, 'lambda', operation, { FunctionName });
};

test('a service invokes for the bucket that the policy names, and for no other', async () => {
  const source = { arn: BUCKET, account: HERE };
  expect(await invoke(s3, ARN, source)).toMatchObject({ StatusCode: 200 });
  const denied = { code: 'AccessDeniedException', status: 403 };
  await expect(invoke(s3, ARN, { ...source, arn: `${BUCKET}2` })).rejects.toMatchObject(denied);
  await expect(invoke(s3, ARN, { ...source, account: THERE })).rejects.toMatchObject(denied);
  await expect(invoke(s3, ARN)).rejects.toMatchObject(denied);
  await expect(invoke(s3, `${ARN}:1`, source)).rejects.toMatchObject(denied);
  await expect(invoke(s3, ARN, source, 'GetFunction')).rejects.toMatchObject(denied);
});

test('who only asks is told whether it may, and nothing is done', async () => {
  lambda.invocations.length = 0;
  const ask = (arn: string): Promise<object> => {
    const source = { arn, account: HERE };
    const caller = { principal: s3, account: HERE, region: 'eu-west-1', source, isQuestion: true };
    return callAs(caller as CallAsCaller, 'lambda', 'Invoke', { FunctionName: ARN });
  };
  expect(await ask(BUCKET)).toEqual({});
  await expect(ask(`${BUCKET}2`)).rejects.toMatchObject({ status: 403 });
  expect(lambda.invocations).toEqual([]);
});

test('another account reaches the version that it was given, in its own account’s name', async () => {
  const root = rootPrincipal(THERE);
  lambda.invocations.length = 0;
  expect(await invoke(root, `${ARN}:1`)).toMatchObject({ StatusCode: 200, ExecutedVersion: '1' });
  expect(lambda.invocations).toMatchObject([
    { invokedArn: `${ARN}:1`, version: { account: HERE, version: '1' } },
  ]);
  const denied = { code: 'AccessDeniedException', status: 403 };
  await expect(invoke(root, ARN)).rejects.toMatchObject(denied);
  await expect(invoke(root, `${ARN}:1`, undefined, 'GetFunction')).rejects.toMatchObject(denied);
  await expect(invoke(root, 'f:1')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('a permission that is removed counts for the next request', async () => {
  const input = { FunctionName: 'f', StatementId: 'gone' };
  const statement = { Action: 'lambda:*', Principal: 'events.amazonaws.com' };
  await lambda.call('AddPermission', { ...input, ...statement });
  const events: Principal = { kind: 'service', service: 'events.amazonaws.com' };
  expect(await invoke(events, ARN)).toMatchObject({ StatusCode: 200 });
  await lambda.call('RemovePermission', input);
  await expect(invoke(events, ARN)).rejects.toMatchObject({ code: 'AccessDeniedException' });
});
