/** What a caller of each operation must be allowed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../core/operation.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { context, ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterEach(() => lambda.forget());
afterAll(() => lambda[Symbol.asyncDispose]());

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const request = (Tags: Readonly<Record<string, string>>): object => functionRequest({ Tags });

describe('permissions', () => {
  const needed = (name: string, input: object): unknown =>
    (lambda.service.operations.get(name) as Operation<object>).permissions(input, context);

  test('creation also needs to pass the role, and to tag where tags are given', () => {
    expect(needed('CreateFunction', request({ a: '1' }))).toEqual([
      { action: 'lambda:CreateFunction', resources: [ARN] },
      {
        action: 'iam:PassRole',
        resources: [ROLE],
        conditions: { 'iam:PassedToService': 'lambda.amazonaws.com' },
      },
      {
        action: 'lambda:TagResource',
        resources: [ARN],
        conditions: { 'aws:TagKeys': ['a'], 'aws:RequestTag/a': '1' },
      },
    ]);
  });

  test.each([
    ['DeleteFunction', { FunctionName: 'f' }, {}],
    ['Invoke', { FunctionName: `${ARN}:1` }, {}],
    ['ListTags', { Resource: ARN }, {}],
    ['TagResource', { Resource: ARN, Tags: { a: '1' } }, { 'aws:RequestTag/a': '1' }],
    ['UntagResource', { Resource: ARN, TagKeys: ['env'] }, { 'aws:TagKeys': ['env'] }],
  ])('%s can be denied by the tags of the function', async (name, input, more) => {
    await lambda.call('CreateFunction', request({ env: 'prod' }));
    await lambda.settled();
    expect(needed(name, input)).toMatchObject([
      { conditions: { 'aws:ResourceTag/env': 'prod', ...more } },
    ]);
  });

  test('an update needs to pass a role only when it gives one', () => {
    expect(needed('UpdateFunctionConfiguration', { FunctionName: 'f', Role: ROLE })).toHaveLength(
      2,
    );
    expect(needed('UpdateFunctionConfiguration', { FunctionName: 'f' })).toHaveLength(1);
  });

  test.each([
    ['Invoke', { FunctionName: 'f:live' }, 'lambda:InvokeFunction', `${ARN}:live`],
    ['Invoke', { FunctionName: 'f', Qualifier: '3' }, 'lambda:InvokeFunction', `${ARN}:3`],
    ['GetFunction', { FunctionName: ARN }, 'lambda:GetFunction', ARN],
    ['DeleteFunction', { FunctionName: 'f' }, 'lambda:DeleteFunction', ARN],
    ['UpdateFunctionCode', { FunctionName: 'f' }, 'lambda:UpdateFunctionCode', ARN],
    ['ListVersionsByFunction', { FunctionName: 'f' }, 'lambda:ListVersionsByFunction', ARN],
    ['ListFunctions', {}, 'lambda:ListFunctions', '*'],
    ['GetAccountSettings', {}, 'lambda:GetAccountSettings', '*'],
    ['ListTags', { Resource: ARN }, 'lambda:ListTags', ARN],
    // The ARN of the function that is acted on, however the caller wrote it.
    ['ListTags', { Resource: ARN.replace('aws', 'aws-cn') }, 'lambda:ListTags', ARN],
    ['TagResource', { Resource: ARN.replace('aws', 'aws-cn') }, 'lambda:TagResource', ARN],
    ['UntagResource', { Resource: ARN.replace('aws', 'aws-cn') }, 'lambda:UntagResource', ARN],
  ])('%s of %j needs %s on %s', (name, input, action, resource) => {
    expect(needed(name, input)).toMatchObject([{ action, resources: [resource] }]);
  });
});
