import type {
  CreateFunctionRequest,
  FunctionConfiguration,
  GetAccountSettingsResponse,
  GetFunctionResponse,
  ListFunctionsResponse,
} from '@aws-sdk/client-lambda';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { context, ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterEach(() => lambda.forget());
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const zip = buildZip([{ name: 'index.js', data: 'exports.handler = async () => 1;' }]);
const otherZip = buildZip([{ name: 'index.js', data: 'exports.handler = async () => 2;' }]);
const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');
const request = (changes: Partial<CreateFunctionRequest> = {}): CreateFunctionRequest => ({
  FunctionName: 'f',
  Runtime: 'nodejs22.x',
  Role: ROLE,
  Handler: 'index.handler',
  Code: { ZipFile: zip },
  ...changes,
});
const create = (changes?: Partial<CreateFunctionRequest>): Promise<FunctionConfiguration> =>
  lambda.call<FunctionConfiguration>('CreateFunction', request(changes));
const created = async (changes?: Partial<CreateFunctionRequest>): Promise<void> => {
  await create(changes);
  await lambda.settled();
};
const kept = (bytes: Uint8Array): Promise<Uint8Array> =>
  lambda.code.zip({ sha256: shaOf(bytes), sizeBytes: bytes.length });
const configuration = (name = 'f'): Promise<FunctionConfiguration> =>
  lambda.call<FunctionConfiguration>('GetFunctionConfiguration', { FunctionName: name });

describe('creation', () => {
  test('answers as AWS does, Pending, with every default', async () => {
    const answer = await create();
    expect(answer).toEqual({
      FunctionName: 'f',
      FunctionArn: ARN,
      Runtime: 'nodejs22.x',
      Role: ROLE,
      Handler: 'index.handler',
      CodeSize: zip.length,
      Description: '',
      Timeout: 3,
      MemorySize: 128,
      LastModified: '2026-11-24T12:00:00.656+0000',
      CodeSha256: shaOf(zip),
      Version: '$LATEST',
      TracingConfig: { Mode: 'PassThrough' },
      RevisionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      State: 'Pending',
      StateReason: 'The function is being created.',
      StateReasonCode: 'Creating',
      PackageType: 'Zip',
      Architectures: ['x86_64'],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
      RuntimeVersionConfig: {
        RuntimeVersionArn: expect.stringMatching(
          /^arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}$/,
        ),
      },
      LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/f' },
    });
    await lambda.settled();
    const { StateReason: _, StateReasonCode: __, ...rest } = answer;
    const now = await configuration();
    expect(now).toEqual({
      ...rest,
      State: 'Active',
      LastUpdateStatus: 'Successful',
      RevisionId: expect.not.stringMatching(answer.RevisionId!),
    });
  });

  test('keeps everything that was given', async () => {
    await created({
      FunctionName: '000000000000:function:f',
      Description: 'says one',
      Timeout: 900,
      MemorySize: 10_240,
      EphemeralStorage: { Size: 1024 },
      Environment: { Variables: { ONE: '1', EMPTY: '' } },
      Architectures: ['x86_64'],
      LoggingConfig: { LogFormat: 'JSON', LogGroup: 'mine', SystemLogLevel: 'WARN' },
      Tags: { team: 'blue' },
      VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
      TracingConfig: { Mode: 'PassThrough' },
      SnapStart: { ApplyOn: 'None' },
      Layers: [],
      PackageType: 'Zip',
      Publish: false,
      DeadLetterConfig: {},
    });
    expect(await configuration()).toMatchObject({
      FunctionName: 'f',
      Description: 'says one',
      Timeout: 900,
      MemorySize: 10_240,
      EphemeralStorage: { Size: 1024 },
      Environment: { Variables: { ONE: '1', EMPTY: '' } },
      LoggingConfig: {
        LogFormat: 'JSON',
        LogGroup: 'mine',
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'WARN',
      },
    });
  });

  test('of two at once one is told that the function exists', async () => {
    const results = await Promise.allSettled([create(), create()]);
    expect(results.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((each) => each.status === 'rejected')!.reason).toMatchObject({
      code: 'ResourceConflictException',
      message: 'Function already exist: f',
    });
  });

  test('everything is there after a restart, and what was under way is taken up', async () => {
    const gate = Promise.withResolvers<void>();
    await created({ Tags: { a: 'b' } });
    const before = await configuration();
    lambda.installing = Promise.reject(new Error('power cut'));
    lambda.installing.catch(() => {});
    await lambda.stop();
    lambda.installing = gate.promise;
    await lambda.start();
    expect(await configuration()).toEqual(before);
    gate.resolve();
    // A record that a stop left Pending.
    const record = lambda.functions.find({ ...context, name: 'f' })!;
    await lambda.functions.replace(record, { ...record, state: { kind: 'pending' } });
    expect((await configuration()).State).toBe('Pending');
    await lambda.service.resume();
    await lambda.settled();
    expect((await configuration()).State).toBe('Active');
  });

  test('a runtime that goes away while the function is prepared makes it Failed', async () => {
    const gate = Promise.withResolvers<void>();
    await created();
    const record = lambda.functions.find({ ...context, name: 'f' })!;
    lambda.installing = gate.promise;
    const latest = { ...record.latest, runtime: 'python3.11' };
    await lambda.functions.replace(record, { ...record, latest, state: { kind: 'pending' } });
    await lambda.service.resume();
    gate.resolve();
    await lambda.settled();
    expect(await configuration()).toMatchObject({
      State: 'Failed',
      StateReason: 'python3.11 needs an interpreter that is not here.',
      StateReasonCode: 'InvalidRuntime',
    });
    await expect(lambda.call('Invoke', { FunctionName: 'f' })).rejects.toThrow('state: Failed');
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Runtime: 'nodejs24.x' });
    await lambda.settled();
    expect(await configuration()).toMatchObject({ State: 'Active', Runtime: 'nodejs24.x' });
  });
});

describe('the sweep of a start', () => {
  const keptAfterRestart = async (): Promise<boolean> => {
    await lambda.stop();
    await lambda.start();
    await lambda.service.resume();
    const code = { sha256: shaOf(otherZip), sizeBytes: otherZip.length };
    return await lambda.code.zip(code).then(
      () => true,
      () => false,
    );
  };

  test('removes code that no function refers to, unless a record could not be read', async () => {
    await created();
    await lambda.code.put(otherZip);
    expect(await keptAfterRestart()).toBe(false);
    await created({ FunctionName: 'g', Code: { ZipFile: otherZip } });
    await lambda.store.write([{ sql: `UPDATE functions SET body = '' WHERE name = 'g'` }]);
    expect(await keptAfterRestart()).toBe(true);
    await lambda.store.write([{ sql: 'DELETE FROM function_quarantine' }]);
  });
});

describe('updates', () => {
  test('new code is shown at once, InProgress, and serves when it is ready', async () => {
    await created();
    const before = await configuration();
    const gate = Promise.withResolvers<void>();
    lambda.installing = gate.promise;
    const answer = await lambda.call<FunctionConfiguration>('UpdateFunctionCode', {
      FunctionName: 'f',
      ZipFile: otherZip,
    });
    expect(answer).toMatchObject({
      CodeSha256: shaOf(otherZip),
      CodeSize: otherZip.length,
      State: 'Active',
      LastUpdateStatus: 'InProgress',
      LastUpdateStatusReason: 'The function is being created.',
      LastUpdateStatusReasonCode: 'Creating',
    });
    await lambda.call('Invoke', { FunctionName: 'f' });
    await expect(
      lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 }),
    ).rejects.toMatchObject({
      code: 'ResourceConflictException',
      message: `The operation cannot be performed at this time. An update is in progress for resource: ${ARN}`,
    });
    gate.resolve();
    await lambda.settled();
    await lambda.call('Invoke', { FunctionName: 'f' });
    const after = await configuration();
    expect(after.LastUpdateStatus).toBe('Successful');
    expect(new Set([before, answer, after].map((each) => each.RevisionId)).size).toBe(3);
    const [during, now] = lambda.invocations.map(({ version }) => version);
    expect(during!.code.sha256).toBe(shaOf(zip));
    expect(now!.code.sha256).toBe(shaOf(otherZip));
    expect(now!.incarnation).not.toBe(during!.incarnation);
    expect(lambda.retired).toEqual([[ARN, now!.incarnation]]);
  });

  test('the old code is removed once nothing refers to it', async () => {
    await created();
    await created({ FunctionName: 'g' });
    const volume = await lambda.code.volume({ sha256: shaOf(zip), sizeBytes: 1 });
    const hexes = (): Promise<string[]> => readdir(path.dirname(volume));
    const update = async (name: string): Promise<void> => {
      await lambda.call('UpdateFunctionCode', { FunctionName: name, ZipFile: otherZip });
      await lambda.settled();
    };
    await update('f');
    expect(await hexes()).toHaveLength(2);
    await update('g');
    await expect.poll(hexes).toHaveLength(1);
  });

  test('a configuration changes only what is given', async () => {
    await created({ Environment: { Variables: { ONE: '1' } }, Description: 'old' });
    const first = await configuration();
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', MemorySize: 256 });
    await lambda.settled();
    expect(await configuration()).toEqual({
      ...first,
      MemorySize: 256,
      RevisionId: expect.any(String),
    });
    await lambda.call('UpdateFunctionConfiguration', {
      FunctionName: 'f',
      Environment: { Variables: {} },
      LoggingConfig: { LogFormat: 'JSON' },
    });
    await lambda.settled();
    expect(await configuration()).toMatchObject({
      Environment: { Variables: {} },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: '/aws/lambda/f', SystemLogLevel: 'INFO' },
    });
  });

  test('a change of what nothing runs keeps warm environments', async () => {
    await created();
    await lambda.call('Invoke', { FunctionName: 'f' });
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Description: 'new' });
    await lambda.settled();
    await lambda.call('Invoke', { FunctionName: 'f' });
    const [before, after] = lambda.invocations;
    expect(after!.version.incarnation).toBe(before!.version.incarnation);
  });

  test('DryRun changes nothing and keeps nothing', async () => {
    await created();
    const before = await configuration();
    const input = { FunctionName: 'f', ZipFile: otherZip, DryRun: true };
    expect(await lambda.call('UpdateFunctionCode', input)).toEqual(before);
    expect(await configuration()).toEqual(before);
    await expect(kept(otherZip)).rejects.toThrow('ENOENT');
  });

  test('of two uploads at once one is stored, and nothing is kept of the other', async () => {
    await created();
    const zips = [otherZip, buildZip([{ name: 'index.js', data: 'exports.handler = 3;' }])];
    const results = await Promise.allSettled(
      zips.map((ZipFile) => lambda.call('UpdateFunctionCode', { FunctionName: 'f', ZipFile })),
    );
    const lost = results.findIndex((each) => each.status === 'rejected');
    expect(results[lost]).toMatchObject({ reason: { code: 'ResourceConflictException' } });
    await expect(kept(zips[lost]!)).rejects.toThrow('ENOENT');
    await kept(zips[1 - lost]!);
  });

  test('an update that cannot be prepared leaves the old one serving', async () => {
    await created();
    const record = lambda.functions.find({ ...context, name: 'f' })!;
    const latest = { ...record.latest, incarnation: 'x', runtime: 'python3.11' };
    const state = { kind: 'updating' } as const;
    await lambda.functions.replace(record, { ...record, latest, serving: record.latest, state });
    await lambda.service.resume();
    await lambda.settled();
    expect(await configuration()).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Failed',
      LastUpdateStatusReasonCode: 'InvalidRuntime',
    });
    await lambda.call('Invoke', { FunctionName: 'f' });
    expect(lambda.invocations[0]!.version.runtime).toBe('nodejs22.x');
  });

  test('a revision that is not the latest is refused', async () => {
    await created();
    const { RevisionId } = await configuration();
    const input = { FunctionName: 'f', Timeout: 5 };
    await expect(
      lambda.call('UpdateFunctionConfiguration', { ...input, RevisionId: 'x' }),
    ).rejects.toMatchObject({ code: 'PreconditionFailedException', status: 412 });
    await lambda.call('UpdateFunctionConfiguration', { ...input, RevisionId });
  });
});

describe('reading', () => {
  test('GetFunction adds where the code is, and tags only when there are some', async () => {
    await created();
    await created({ FunctionName: 'tagged', Tags: { a: '1' } });
    const answer = await lambda.call<GetFunctionResponse>('GetFunction', { FunctionName: ARN });
    expect(Object.keys(answer)).toEqual(['Configuration', 'Code']);
    expect(answer.Code!.RepositoryType).toBe('S3');
    const tagged = await lambda.call<GetFunctionResponse>('GetFunction', {
      FunctionName: 'tagged',
    });
    expect(tagged.Tags).toEqual({ a: '1' });
    const url = new URL(answer.Code!.Location!);
    expect(url.origin).toBe(context.endpoint);
    const download = { method: 'GET', path: url.pathname, query: url.search.slice(1) };
    const response = await lambda.service.answerOwnPath(download);
    expect(response!.status).toBe(200);
    expect(Buffer.from(response!.body).equals(zip)).toBe(true);
    const forged = { ...download, query: download.query.replace(/token=./, 'token=z') };
    expect((await lambda.service.answerOwnPath(forged))!.status).toBe(403);
    const longer = { ...download, query: download.query.replace(/expires=\d/, 'expires=9') };
    expect((await lambda.service.answerOwnPath(longer))!.status).toBe(403);
    expect(await lambda.service.answerOwnPath({ ...download, path: '/_hearth/health' })).toBe(
      undefined,
    );
    lambda.nowMs += 601_000;
    expect((await lambda.service.answerOwnPath(download))!.status).toBe(403);
  });

  test('a qualified question has a qualified answer', async () => {
    await created();
    const answer = await configuration('f:$LATEST');
    expect(answer).toMatchObject({ FunctionArn: `${ARN}:$LATEST`, Version: '$LATEST' });
  });

  test('lists are paged, ordered, and show less than GetFunction', async () => {
    for (const name of ['c', 'a', 'b']) await created({ FunctionName: name });
    await lambda.call('CreateFunction', request(), { ...context, region: 'us-east-1' });
    const first = await lambda.call<ListFunctionsResponse>('ListFunctions', { MaxItems: 2 });
    const names = (page: ListFunctionsResponse): unknown =>
      page.Functions!.map((f) => f.FunctionName);
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.Functions![0]).not.toHaveProperty('State');
    const Marker = first.NextMarker;
    await lambda.call('DeleteFunction', { FunctionName: 'b' });
    const second = await lambda.call<ListFunctionsResponse>('ListFunctions', { Marker });
    expect(names(second)).toEqual(['c']);
    expect(second).not.toHaveProperty('NextMarker');
    const all = await lambda.call<ListFunctionsResponse>('ListFunctions', {
      FunctionVersion: 'ALL',
    });
    expect(all.Functions![0]!.FunctionArn).toBe(ARN.replace(/f$/, 'a:$LATEST'));
    const edge = { MasterRegion: 'us-east-1', FunctionVersion: 'ALL' };
    expect(await lambda.call('ListFunctions', edge)).toEqual({ Functions: [] });
    expect(await lambda.call('ListVersionsByFunction', { FunctionName: 'a' })).toMatchObject({
      Versions: [{ Version: '$LATEST', FunctionArn: ARN.replace(/f$/, 'a:$LATEST') }],
    });
  });

  test('account settings count what there is', async () => {
    await created();
    await created({ FunctionName: 'g' });
    const answer = await lambda.call<GetAccountSettingsResponse>('GetAccountSettings', {});
    expect(answer.AccountUsage).toEqual({ TotalCodeSize: 2 * zip.length, FunctionCount: 2 });
    expect(answer.AccountLimit).toMatchObject({ ConcurrentExecutions: 1000 });
  });
});

describe('deletion', () => {
  test('is durable, ends environments, and frees the name', async () => {
    await created();
    expect(await lambda.call('DeleteFunction', { FunctionName: 'f' })).toEqual({ StatusCode: 204 });
    expect(lambda.retired).toEqual([[ARN, undefined]]);
    await expect(configuration()).rejects.toThrow(`Function not found: ${ARN}`);
    await lambda.stop();
    await lambda.start();
    await expect(configuration()).rejects.toThrow(`Function not found: ${ARN}`);
    await expect(lambda.code.zip({ sha256: shaOf(zip), sizeBytes: 1 })).rejects.toThrow('ENOENT');
    await created();
  });

  test('while a function is being prepared it stays deleted', async () => {
    const gate = Promise.withResolvers<void>();
    await create();
    await lambda.settled();
    lambda.installing = gate.promise;
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 4 });
    await lambda.call('DeleteFunction', { FunctionName: 'f' });
    gate.resolve();
    await lambda.service.close();
    await expect(configuration()).rejects.toThrow('Function not found');
  });
});

describe('tags', () => {
  test('are added, replaced, listed and removed', async () => {
    await created();
    const { RevisionId } = await configuration();
    await lambda.call('TagResource', { Resource: ARN, Tags: { a: '1', b: '2' } });
    await lambda.call('TagResource', { Resource: ARN, Tags: { b: '3' } });
    expect(await lambda.call('ListTags', { Resource: ARN })).toEqual({ Tags: { a: '1', b: '3' } });
    await lambda.call('UntagResource', { Resource: ARN, TagKeys: ['a', 'x'] });
    expect(await lambda.call('ListTags', { Resource: ARN })).toEqual({ Tags: { b: '3' } });
    expect((await configuration()).RevisionId).toBe(RevisionId);
  });

  test('set while a function is being prepared are not lost', async () => {
    const gate = Promise.withResolvers<void>();
    await created();
    lambda.installing = gate.promise;
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 4 });
    await lambda.call('TagResource', { Resource: ARN, Tags: { a: '1' } });
    gate.resolve();
    await lambda.settled();
    expect(await lambda.call('ListTags', { Resource: ARN })).toEqual({ Tags: { a: '1' } });
    expect(await configuration()).toMatchObject({ Timeout: 4, LastUpdateStatus: 'Successful' });
  });
});
