/** Code of functions and layers that comes from S3. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import { failure } from './fixtures/failure.ts';
import { create, LayerUnderTest, zipWith } from './fixtures/layer-under-test.ts';
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

const INVALID = 'InvalidParameterValueException';

describe('code from S3', () => {
  const asked = { S3Bucket: 'bucket', S3Key: 'code.zip', S3ObjectVersion: 'v7' };
  const content = { Content: asked };

  /** As S3 answers; `given` is told when its bytes are given up unread. */
  const body = (bytes: Uint8Array, size = bytes.length, given = { isUp: false }): object => ({
    size,
    [Symbol.asyncIterator]: async function* () {
      yield bytes.subarray(0, 9);
      yield bytes.subarray(9);
    },
    cancel: async () => {
      given.isUp = true;
    },
  });

  test('is read in the name of the caller', async () => {
    const calls: unknown[] = [];
    lambda.callAs = async (caller, service, operation, input) => {
      calls.push([caller.principal, service, operation, input]);
      return { Body: body(zipWith('from s3')) };
    };
    const object = { Bucket: 'bucket', Key: 'code.zip', VersionId: 'v7' };
    const { Content } = await layer.publish('', content);
    expect(await create(lambda, { Code: asked })).toMatchObject({ CodeSha256: Content.CodeSha256 });
    const call = [context.principal, 's3', 'GetObject', object];
    expect(calls).toEqual([call, call]);
  });

  test('may be larger than what a request may bring, but not than what it may unpack to', async () => {
    // Stored, not deflated, so that the zip is as large as its file.
    const large = buildZip([{ name: 'large', data: Buffer.alloc(52_428_801) }]);
    const refused = create(lambda, { Code: { ZipFile: large } });
    expect((await failure(refused)).slice(0, 2)).toEqual([413, 'RequestEntityTooLargeException']);
    lambda.callAs = async () => ({ Body: body(large) });
    expect(await create(lambda, { Code: asked })).toMatchObject({ CodeSize: large.length });
    const given = { isUp: false };
    lambda.callAs = async () => ({ Body: body(large, 262_144_001, given) });
    expect(await failure(layer.publish('', content))).toEqual([
      400,
      INVALID,
      'Unzipped size must be smaller than 262144000 bytes',
    ]);
    expect(given.isUp).toBe(true);
  });

  test.each([
    ['NoSuchKey', 404, 'The specified key does not exist.'],
    ['NoSuchBucket', 404, 'The specified bucket does not exist'],
  ])('that is not there is refused in the words of AWS: %s', async (code, status, message) => {
    lambda.callAs = () => Promise.reject(new AwsError(code, status, message));
    const told = `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`;
    expect(await failure(create(lambda, { Code: asked }))).toEqual([400, INVALID, told]);
    await create(lambda);
    await lambda.settled();
    const updated = lambda.call('UpdateFunctionCode', { FunctionName: 'f', ...asked });
    expect(await failure(updated)).toEqual([400, INVALID, told]);
    expect(await failure(layer.publish('', content))).toEqual([400, INVALID, told]);
  });

  test('that the caller may not read is refused by S3', async () => {
    lambda.callAs = () => Promise.reject(new AwsError('AccessDenied', 403, 'Access Denied'));
    expect(await failure(create(lambda, { Code: asked }))).toEqual([
      403,
      'AccessDeniedException',
      'Your access has been denied by S3, please make sure your request credentials have permission to GetObject for bucket/code.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied',
    ]);
  });

  test('cannot come together with a zip, by half an address, or stay in S3', async () => {
    const zip = { ZipFile: zipWith('x') };
    expect(await failure(create(lambda, { Code: { ...asked, ...zip } }))).toEqual([
      400,
      INVALID,
      'Please do not provide other FunctionCode parameters when providing a ZipFile.',
    ]);
    expect(await failure(create(lambda, { Code: { S3Bucket: 'bucket' } }))).toEqual([
      400,
      INVALID,
      'Please provide a source for function code.',
    ]);
    const stays = { ...asked, S3ObjectStorageMode: 'REFERENCE' };
    expect((await failure(create(lambda, { Code: stays })))[1]).toBe('NotImplementedException');
  });
});
