/**
 * Whole answers as they go out, one for each kind of error that was recorded on AWS: status, name,
 * body with all its keys. The texts of the others are in the tests of their operations.
 *
 * Recorded situations that cannot come up here: what EC2 says of subnets and security groups.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import { Throttled } from '../../core/invocation.ts';
import { writeRestError } from '../../wire/rest-error.ts';
import { loadServiceModel } from '../../wire/service-model.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const model = loadServiceModel('lambda');
const ARN = 'arn:aws:lambda:eu-west-1:000000000000';
const zip = buildZip([{ name: 'index.js' }]);
const User = 'User';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
  await lambda.call('CreateFunction', functionRequest({ Publish: true }));
  await lambda.settled();
  lambda.answer = () =>
    Promise.reject(new Throttled('ReservedFunctionConcurrentInvocationLimitExceeded'));
});
afterAll(() => lambda[Symbol.asyncDispose]());

const alias = (changes: object): object => ({
  FunctionName: 'f',
  Name: 'a',
  FunctionVersion: '1',
  ...changes,
});

test.each([
  [
    'DeleteFunction',
    { FunctionName: 'f', Qualifier: '$LATEST' },
    400,
    'InvalidParameterValueException',
    { Type: User, message: '$LATEST version cannot be deleted without deleting the function.' },
  ],
  [
    'PutFunctionConcurrency',
    { FunctionName: 'f', ReservedConcurrentExecutions: 901 },
    400,
    'InvalidParameterValueException',
    {
      message:
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    },
  ],
  [
    'CreateAlias',
    alias({
      FunctionVersion: '$LATEST',
      RoutingConfig: { AdditionalVersionWeights: { 1: 0.5 } },
    }),
    400,
    'InvalidParameterValueException',
    { message: '$LATEST is not supported for an alias pointing to more than 1 version' },
  ],
  [
    'CreateAlias',
    alias({ FunctionName: 'missing' }),
    404,
    'ResourceNotFoundException',
    { Type: User, Message: `Function not found: ${ARN}:function:missing:1` },
  ],
  [
    'TagResource',
    { Resource: `${ARN}:capacity-provider:p`, Tags: { a: 'b' } },
    404,
    'ResourceNotFoundException',
    { Type: User, Message: `Capacity provider not found: ${ARN}:capacity-provider:p` },
  ],
  [
    'Invoke',
    { FunctionName: 'f', Payload: Buffer.from([0x6e, 0x87]) },
    400,
    'InvalidRequestContentException',
    {
      Type: User,
      message:
        'Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 start byte 0x87\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 3]',
    },
  ],
  [
    'Invoke',
    { FunctionName: 'f' },
    429,
    'TooManyRequestsException',
    {
      Type: User,
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      message: 'Rate Exceeded.',
    },
  ],
  [
    'CreateAlias',
    alias({ Name: '2024' }),
    400,
    'ValidationException',
    {
      message:
        "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    },
  ],
  [
    'PublishVersion',
    { FunctionName: 'f', RevisionId: 'another' },
    412,
    'PreconditionFailedException',
    {
      Type: User,
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    },
  ],
  [
    'CreateFunction',
    {
      FunctionName: 'f',
      Runtime: 'nodejs22.x',
      Role: ROLE,
      Handler: 'i.h',
      Code: { ZipFile: zip },
    },
    409,
    'ResourceConflictException',
    { Type: User, message: 'Function already exist: f' },
  ],
  [
    'GetProvisionedConcurrencyConfig',
    { FunctionName: 'f', Qualifier: '1' },
    404,
    'ProvisionedConcurrencyConfigNotFoundException',
    { Type: User, message: 'No Provisioned Concurrency Config found for this function' },
  ],
  [
    'DeleteCodeSigningConfig',
    { CodeSigningConfigArn: `${ARN}:code-signing-config:csc-0123456789abcdef0` },
    404,
    'ResourceNotFoundException',
    {
      Message: `The Lambda code signing configuration ${ARN}:code-signing-config:csc-0123456789abcdef0 can not be found.`,
    },
  ],
  [
    'PutFunctionCodeSigningConfig',
    {
      FunctionName: 'f',
      CodeSigningConfigArn: `${ARN}:code-signing-config:csc-0123456789abcdef0`,
    },
    404,
    'CodeSigningConfigNotFoundException',
    {
      Type: User,
      Message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${ARN}:code-signing-config:csc-0123456789abcdef0.`,
    },
  ],
] as const)('%s of %j is answered whole: %i %s', async (operation, input, status, code, body) => {
  const error: unknown = await lambda.call(operation, input).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AwsError);
  const answer = writeRestError(model, error as AwsError, 'an-id');
  expect({
    status: answer.status,
    code: answer.headers['x-amzn-ErrorType'],
    body: JSON.parse(Buffer.from(answer.body).toString()) as unknown,
  }).toEqual({ status, code, body });
});
