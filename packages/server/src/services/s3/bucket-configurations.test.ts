/** What a bucket is told about itself: read back, acting, and gone once it is removed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OperationContext } from '../../core/operation.ts';
import { anonymous } from '../../core/principal.ts';
import { corsHeaders } from '../../gateway/s3/cors.ts';
import { context, startS3Alone, type S3Alone } from './fixtures/start-s3.ts';

let s3: S3Alone;
beforeAll(async () => {
  s3 = await startS3Alone();
});
afterEach(() => s3.forget());
afterAll(() => s3[Symbol.asyncDispose]());

const stranger: OperationContext = { ...context, principal: anonymous, account: '' };

describe('a configuration', () => {
  const tags = { TagSet: [{ Key: 'team', Value: 'red' }] };
  const rule = { AllowedMethods: ['GET'], AllowedOrigins: ['https://*.example.com'] };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111111111111:root' },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::bucket/*',
    },
  });
  const lifecycle = {
    Rules: [{ ID: 'a', Status: 'Enabled', Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } }],
  };

  test.each([
    ['Tagging', { Tagging: tags }, tags, 'NoSuchTagSet'],
    [
      'Cors',
      { CORSConfiguration: { CORSRules: [rule] } },
      { CORSRules: [rule] },
      'NoSuchCORSConfiguration',
    ],
    ['Policy', { Policy }, { Policy }, 'NoSuchBucketPolicy'],
    [
      'LifecycleConfiguration',
      { LifecycleConfiguration: lifecycle },
      lifecycle,
      'NoSuchLifecycleConfiguration',
    ],
  ])('Bucket%s is missing, kept and removed', async (name, given, shown, missing) => {
    const absent = { code: missing, status: 404, members: { BucketName: 'bucket' } };
    await expect(s3.call(`GetBucket${name}`, {})).rejects.toMatchObject(absent);
    await s3.call(`PutBucket${name}`, given);
    expect(await s3.call(`GetBucket${name}`, {})).toMatchObject(shown);
    await s3.call(`DeleteBucket${name.replace('Configuration', '')}`, {});
    await expect(s3.call(`GetBucket${name}`, {})).rejects.toMatchObject(absent);
  });

  test('of ownership is that of the bucket owner, and no other', async () => {
    const owned = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] };
    expect(await s3.call('GetBucketOwnershipControls', {})).toEqual({ OwnershipControls: owned });
    const other = { OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } };
    await expect(s3.call('PutBucketOwnershipControls', other)).rejects.toMatchObject({
      code: 'NotImplemented',
    });
    await s3.call('DeleteBucketOwnershipControls', {});
    await expect(s3.call('GetBucketOwnershipControls', {})).rejects.toMatchObject({
      code: 'OwnershipControlsNotFoundError',
    });
    await s3.call('PutBucketOwnershipControls', { OwnershipControls: owned });
    expect(await s3.call('GetBucketOwnershipControls', {})).toEqual({ OwnershipControls: owned });
    // What the control means: an object is the owner's, whatever ACL its writer asks for.
    const write = { Key: 'k', Body: Buffer.from('x'), ACL: 'public-read' };
    await expect(s3.call('PutObject', write)).rejects.toMatchObject({
      code: 'AccessControlListNotSupported',
    });
  });

  test('that AWS has and that cannot be made here is answered as absent', async () => {
    for (const [name, code] of [
      ['GetBucketWebsite', 'NoSuchWebsiteConfiguration'],
      ['GetBucketReplication', 'ReplicationConfigurationNotFoundError'],
      ['GetObjectLockConfiguration', 'ObjectLockConfigurationNotFoundError'],
    ] as const) {
      await expect(s3.call(name, {})).rejects.toMatchObject({ code, status: 404 });
    }
    expect(await s3.call('GetBucketLogging', {})).toEqual({});
    expect(await s3.call('GetBucketAccelerateConfiguration', {})).toEqual({});
    expect(await s3.call('GetBucketRequestPayment', {})).toEqual({ Payer: 'BucketOwner' });
  });

  test('of versions is Enabled, then Suspended, and never undone', async () => {
    expect(await s3.call('GetBucketVersioning', {})).toEqual({});
    for (const Status of ['Enabled', 'Suspended']) {
      await s3.call('PutBucketVersioning', { VersioningConfiguration: { Status } });
      expect(await s3.call('GetBucketVersioning', {})).toEqual({ Status });
    }
    const without = s3.call('PutBucketVersioning', { VersioningConfiguration: {} });
    await expect(without).rejects.toMatchObject({ code: 'MalformedXML' });
  });
});

describe('encryption', () => {
  const put = (more: object = {}): Promise<object> =>
    s3.call('PutObject', { Key: 'k', Body: Buffer.from('x'), ...more });

  test('is AES256 where nothing is said, for the bucket and its objects', async () => {
    const { ServerSideEncryptionConfiguration } = await s3.call('GetBucketEncryption', {});
    expect(ServerSideEncryptionConfiguration).toEqual({
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
          BucketKeyEnabled: false,
        },
      ],
    });
    expect(await put()).toMatchObject({ ServerSideEncryption: 'AES256' });
  });

  test('by a key of the bucket is told of every new object that names no other', async () => {
    const byDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/mine' };
    const Rules = [{ ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: true }];
    await s3.call('PutBucketEncryption', { ServerSideEncryptionConfiguration: { Rules } });
    const told = {
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'alias/mine',
      BucketKeyEnabled: true,
    };
    expect(await put()).toMatchObject(told);
    expect(await s3.call('HeadObject', { Key: 'k' })).toMatchObject(told);
    const own = await put({ ServerSideEncryption: 'AES256' });
    expect(own).toMatchObject({ ServerSideEncryption: 'AES256' });
    expect(own).not.toHaveProperty('SSEKMSKeyId');
    await s3.call('DeleteBucketEncryption', {});
    expect(await put()).toMatchObject({ ServerSideEncryption: 'AES256' });
  });

  test('with a key of the client is refused, as is an algorithm that is none', async () => {
    await expect(put({ SSECustomerAlgorithm: 'AES256' })).rejects.toMatchObject({
      code: 'NotImplemented',
    });
    await expect(put({ ServerSideEncryption: 'ROT13' })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });
});

describe('the public-access block', () => {
  const open = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::bucket/*',
    },
  });
  const block = (PublicAccessBlockConfiguration: object): Promise<object> =>
    s3.call('PutPublicAccessBlock', { PublicAccessBlockConfiguration });

  test('is whole on a new bucket, and each part that is not said is off', async () => {
    const all = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    };
    const shown = async (): Promise<unknown> =>
      (await s3.call('GetPublicAccessBlock', {}))['PublicAccessBlockConfiguration'];
    expect(await shown()).toEqual(all);
    await block({ BlockPublicPolicy: true });
    expect(await shown()).toEqual({
      BlockPublicAcls: false,
      IgnorePublicAcls: false,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: false,
    });
    await s3.call('DeletePublicAccessBlock', {});
    await expect(s3.call('GetPublicAccessBlock', {})).rejects.toMatchObject({
      code: 'NoSuchPublicAccessBlockConfiguration',
    });
  });

  test('refuses a public policy, or keeps one that is there from serving strangers', async () => {
    const put = (): Promise<object> => s3.call('PutBucketPolicy', { Policy: open });
    const policyFor = (who: OperationContext): unknown =>
      s3.needs('GetObject', { Key: 'k' }, who)[0]?.resourcePolicy;
    await expect(put()).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    await block({ BlockPublicPolicy: false });
    await put();
    expect(await s3.call('GetBucketPolicyStatus', {})).toEqual({
      PolicyStatus: { IsPublic: true },
    });
    expect(policyFor(stranger)).toBeDefined();
    await block({ RestrictPublicBuckets: true });
    expect(policyFor(stranger)).toBeUndefined();
    expect(policyFor(context)).toBeDefined();
  });
});

test('CORS rules answer the pages that they name, and are checked', async () => {
  const rule = {
    AllowedMethods: ['PUT'],
    AllowedOrigins: ['https://*.example.com'],
    AllowedHeaders: ['x-amz-*'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 60,
  };
  await s3.call('PutBucketCors', { CORSConfiguration: { CORSRules: [rule] } });
  const preflight = (origin: string, method: string, asked = ''): object | undefined =>
    corsHeaders(s3.service.corsOf, {
      method: 'OPTIONS',
      path: '/bucket/k',
      query: '',
      headers: {
        host: 'localhost',
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': asked,
      },
    });
  expect(preflight('https://a.example.com', 'PUT', 'x-amz-date')).toMatchObject({
    'access-control-allow-origin': 'https://a.example.com',
    'access-control-allow-methods': 'PUT',
    'access-control-allow-headers': 'x-amz-date',
    'access-control-expose-headers': 'ETag',
    'access-control-max-age': '60',
  });
  expect(preflight('https://a.example.org', 'PUT')).toBeUndefined();
  expect(preflight('https://a.example.com', 'DELETE')).toBeUndefined();
  expect(preflight('https://a.example.com', 'PUT', 'authorization')).toBeUndefined();
  for (const [bad, code] of [
    [{ ...rule, AllowedMethods: ['PATCH'] }, 'InvalidRequest'],
    [{ ...rule, AllowedOrigins: ['*.*'] }, 'InvalidRequest'],
    [{ ...rule, AllowedOrigins: [] }, 'MalformedXML'],
  ] as const) {
    const put = s3.call('PutBucketCors', { CORSConfiguration: { CORSRules: [bad] } });
    await expect(put).rejects.toMatchObject({ code });
  }
});

test('ACLs have one grant, to the owner, and take no other', async () => {
  await s3.call('PutObject', { Key: 'k', Body: Buffer.from('x') });
  for (const [what, at] of [
    ['BucketAcl', {}],
    ['ObjectAcl', { Key: 'k' }],
  ] as const) {
    expect(await s3.call(`Get${what}`, at)).toMatchObject({
      Grants: [{ Grantee: { Type: 'CanonicalUser' }, Permission: 'FULL_CONTROL' }],
    });
    expect(await s3.call(`Put${what}`, { ...at, ACL: 'private' })).toEqual({});
    await expect(s3.call(`Put${what}`, { ...at, ACL: 'public-read' })).rejects.toMatchObject({
      code: 'AccessControlListNotSupported',
    });
  }
});

test('a bucket is gone with its unfinished uploads, and not with its objects', async () => {
  await s3.call('PutObject', { Key: 'k', Body: Buffer.from('x') });
  await s3.call('CreateMultipartUpload', { Key: 'u' });
  await expect(s3.call('DeleteBucket', {})).rejects.toMatchObject({ code: 'BucketNotEmpty' });
  await s3.call('DeleteObject', { Key: 'k' });
  await s3.call('DeleteBucket', {});
  await expect(async () => await s3.call('HeadBucket', {})).rejects.toMatchObject({
    code: 'NoSuchBucket',
  });
  await s3.call('CreateBucket', {});
  const { Uploads } = await s3.call('ListMultipartUploads', {});
  expect(Uploads).toEqual([]);
});
