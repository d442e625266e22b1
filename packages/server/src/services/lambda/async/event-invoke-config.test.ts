import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AwsError } from '../../../core/aws-error.ts';
import { functionRequest } from '../fixtures/function-request.ts';
import { assumeRuns, startLambda, type LambdaUnderTest } from '../fixtures/start-lambda.ts';

const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:pay';
const named = { FunctionName: 'pay' };

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
  lambda.assume = assumeRuns;
});
beforeEach(async () => {
  await lambda.call('CreateFunction', functionRequest(named));
  await lambda.settled();
});
afterEach(async () => {
  await lambda.call('DeleteFunction', named);
  await lambda.forget();
});
afterAll(() => lambda[Symbol.asyncDispose]());

const put = (input: object) => lambda.call('PutFunctionEventInvokeConfig', { ...named, ...input });

describe('event invoke configurations', () => {
  test('are put, updated, shown, listed and deleted per qualifier', async () => {
    await lambda.call('PublishVersion', named);
    await put({ MaximumRetryAttempts: 0 });
    await put({ Qualifier: '1', MaximumEventAgeInSeconds: 60 });
    const updated = await lambda.call('UpdateFunctionEventInvokeConfig', {
      ...named,
      MaximumEventAgeInSeconds: 120,
    });
    expect(updated).toEqual({
      LastModified: new Date(lambda.nowMs),
      FunctionArn: `${arn}:$LATEST`,
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 120,
      DestinationConfig: { OnSuccess: {}, OnFailure: {} },
    });
    const get = (Qualifier?: string) =>
      lambda.call('GetFunctionEventInvokeConfig', { ...named, Qualifier });
    expect(await get()).toEqual(updated);
    const listed = await lambda.call('ListFunctionEventInvokeConfigs', named);
    expect(listed).toMatchObject({
      FunctionEventInvokeConfigs: [{ FunctionArn: `${arn}:$LATEST` }, { FunctionArn: `${arn}:1` }],
    });
    await lambda.call('DeleteFunctionEventInvokeConfig', { ...named, Qualifier: '1' });
    await expect(get('1')).rejects.toThrow(
      `The function ${arn}:1 doesn't have an EventInvokeConfig`,
    );
  });

  test.each([
    ['pay', undefined, ':$LATEST'],
    ['pay', '1221', ':1221'],
    ['pay', 'none', ':none'],
    ['missing', undefined, ':$LATEST'],
  ])(
    'of %s:%s that are not there are not found, however they are asked for',
    async (name, Qualifier, shown) => {
      const missing = {
        code: 'ResourceNotFoundException',
        status: 404,
        message: `The function ${arn.replace(/[^:]+$/, name)}${shown} doesn't have an EventInvokeConfig`,
        members: { Type: 'User' },
      };
      for (const operation of ['GetFunctionEventInvokeConfig', 'DeleteFunctionEventInvokeConfig']) {
        const asking = lambda.call(operation, { FunctionName: name, Qualifier });
        await expect(asking, operation).rejects.toMatchObject(missing);
      }
    },
  );

  test.each([
    [{}, 'You must specify at least one of error handling or destination setting.'],
    [
      { DestinationConfig: { OnSuccess: { Destination: arn } } },
      "You can't specify the function as a destination for itself.",
    ],
    [
      { DestinationConfig: { OnSuccess: { Destination: `${arn}x` } } },
      `The destination ARN ${arn}x is invalid.`,
    ],
    [
      { DestinationConfig: { OnSuccess: { Destination: 'arn:aws:iam:eu-west-1:000000000000:x' } } },
      'The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:eu-west-1:000000000000:x), onFailure=null) is invalid.',
    ],
    [{ DestinationConfig: { OnSuccess: { Destination: 'arn:aws:s3:::bucket' } } }, 'is invalid.'],
    [{ Qualifier: 'none', MaximumRetryAttempts: 1 }, "The function doesn't exist."],
  ])('of %j are refused', async (input, message) => {
    await expect(put(input)).rejects.toThrow(message);
  });

  test.each([
    ['arn:aws:sqs:eu-west-1:000000000000:told', 'SendMessage'],
    ['arn:aws:sns:eu-west-1:000000000000:told', 'Publish'],
    ['arn:aws:lambda:eu-west-1:000000000000:function:other', 'Invoke'],
    ['arn:aws:events:eu-west-1:000000000000:event-bus/told', 'PutEvents'],
    ['arn:aws:s3:::told', 'PutObject'],
  ])(
    'with the destination %s are refused where the role may not %s',
    async (Destination, operation) => {
      await lambda.call('CreateFunction', functionRequest({ FunctionName: 'other' }));
      const asked: unknown[] = [];
      lambda.callAs = ({ isQuestion }, _, name) => {
        asked.push([isQuestion, name]);
        return Promise.reject(new AwsError('AccessDenied', 403, 'no'));
      };
      const told = { DestinationConfig: { OnFailure: { Destination } } };
      await expect(put(told)).rejects.toMatchObject({
        code: 'InvalidParameterValueException',
        status: 400,
        message: `The function's execution role does not have permissions to call ${operation} on ${Destination}`,
      });
      expect(asked).toEqual([[true, operation]]);
      lambda.callAs = async () => ({});
      await expect(put(told)).resolves.toMatchObject(told);
    },
  );
});
