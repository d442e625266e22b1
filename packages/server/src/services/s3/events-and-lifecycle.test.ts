/** What happens to objects by themselves: events that are handed over, rules that expire. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import { silentLogger } from '../../lib/logger.ts';
import { objectMigrations } from '../../objects/migrations.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { context, startS3, type StartedS3 } from './fixtures/start-s3.ts';

const DAY = 86_400_000;
let nowMs = Date.parse('2026-11-24T10:00:00Z');
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const target = 'arn:aws:lambda:us-east-1:000000000000:function:f';

interface Called {
  readonly operation: string;
  readonly source: unknown;
  readonly input: object;
  readonly traceHeader: string | undefined;
}

let folder: string;
let store: Store;
let s3: StartedS3;
let calls: Called[];
let failure: AwsError | undefined;
const callAs: CallAs = async (caller, service, operation, input) => {
  const { source, traceHeader } = caller;
  calls.push({ operation: `${service}:${operation}`, source, input, traceHeader });
  if (failure !== undefined) throw failure;
  return {};
};

async function start(): Promise<void> {
  s3 = await startS3({ folder, store, clock, callAs });
}

const call: StartedS3['call'] = (operation, input) => s3.call(operation, input);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-s3-rules-'));
  store = await openStore({ path: path.join(folder, 'db'), logger: silentLogger });
  [calls, failure] = [[], undefined];
  await start();
  await call('CreateBucket', {});
});
afterEach(async () => {
  await s3.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (Key: string): Promise<object> =>
  call('PutObject', { Key, Body: Buffer.from('12345') });

function eventsSeen(): readonly {
  readonly eventName: string;
  readonly s3: { readonly object: object };
}[] {
  return calls
    .filter(({ input }) => 'Payload' in input && input.Payload !== undefined)
    .map(
      ({ input }) =>
        JSON.parse(Buffer.from((input as { Payload: Uint8Array }).Payload).toString('utf8'))
          .Records[0],
    );
}

describe('notifications', () => {
  const configure = (more: object = {}): Promise<object> =>
    call('PutBucketNotificationConfiguration', {
      NotificationConfiguration: {
        LambdaFunctionConfigurations: [
          {
            Id: 'mine',
            LambdaFunctionArn: target,
            Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:Delete'],
            Filter: {
              Key: {
                FilterRules: [
                  { Name: 'prefix', Value: 'in/' },
                  { Name: 'Suffix', Value: '.txt' },
                ],
              },
            },
          },
        ],
        ...more,
      },
    });

  test('are kept only when the destination lets S3 in', async () => {
    failure = new AwsError('AccessDeniedException', 403, 'no');
    await expect(configure()).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: 'Unable to validate the following destination configurations',
    });
    failure = undefined;
    await configure();
    expect(calls.at(-1)).toMatchObject({
      operation: 'lambda:Invoke',
      source: { arn: 'arn:aws:s3:::bucket', account: '000000000000' },
      input: { FunctionName: target, InvocationType: 'DryRun' },
    });
    expect(await call('GetBucketNotificationConfiguration', {})).toMatchObject({
      LambdaFunctionConfigurations: [{ Id: 'mine', LambdaFunctionArn: target }],
    });
  });

  test('tell of the objects that their filters mean, in the form of AWS', async () => {
    await configure();
    calls = [];
    await put('in/a b+ü.txt');
    await put('in/a.png');
    await put('out/a.txt');
    await call('DeleteObject', { Key: 'in/a b+ü.txt' });
    await s3.outbox.deliver();
    await expect.poll(() => eventsSeen().length).toBe(2);
    const [created, removed] = eventsSeen();
    expect(created).toMatchObject({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-1',
      eventTime: '2026-11-24T10:00:00.000Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AWS:000000000000' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': '0123456789ABCDEF' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'mine',
        bucket: { name: 'bucket', arn: 'arn:aws:s3:::bucket' },
        object: {
          key: 'in/a+b%2B%C3%BC.txt',
          size: 5,
          eTag: '827ccb0eea8a706c4c34a16891f84e7b',
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
        },
      },
    });
    expect(removed).toMatchObject({ eventName: 'ObjectRemoved:Delete' });
    expect(removed?.s3.object).not.toHaveProperty('size');
  });

  test('go to the default bus of the account, whose rules choose, beside other destinations', async () => {
    const given = { EventBridgeConfiguration: {} };
    await configure(given);
    expect(await call('GetBucketNotificationConfiguration', {})).toMatchObject({
      ...given,
      LambdaFunctionConfigurations: [{ Id: 'mine' }],
    });
    calls = [];
    await put('out/a b+ü.txt');
    await call('DeleteObject', { Key: 'out/a b+ü.txt' });
    await s3.outbox.deliver();
    await expect.poll(() => calls.length).toBe(2);
    const entries = calls.map(({ operation, source, input }) => {
      expect(operation).toBe('events:PutEvents');
      expect(source).toEqual({ arn: 'arn:aws:s3:::bucket', account: '000000000000' });
      const [entry] = (input as { Entries: readonly { Detail: string }[] }).Entries;
      return { ...entry, Detail: JSON.parse(entry?.Detail ?? '') as unknown };
    });
    const common = {
      Source: 'aws.s3',
      EventBusName: 'arn:aws:events:us-east-1:000000000000:event-bus/default',
      Resources: ['arn:aws:s3:::bucket'],
      Time: new Date('2026-11-24T10:00:00Z'),
    };
    const detail = {
      version: '0',
      bucket: { name: 'bucket' },
      'request-id': '0123456789ABCDEF',
      requester: '000000000000',
      'source-ip-address': '127.0.0.1',
    };
    const object = {
      key: 'out/a b+ü.txt',
      etag: '827ccb0eea8a706c4c34a16891f84e7b',
      sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
    };
    expect(entries).toEqual([
      {
        ...common,
        DetailType: 'Object Created',
        Detail: { ...detail, object: { ...object, size: 5 }, reason: 'PutObject' },
      },
      {
        ...common,
        DetailType: 'Object Deleted',
        Detail: {
          ...detail,
          object,
          reason: 'DeleteObject',
          'deletion-type': 'Permanently Deleted',
        },
      },
    ]);
  });

  test('are published to topics', async () => {
    const TopicArn = 'arn:aws:sns:us-east-1:000000000000:photos';
    await configure({
      TopicConfigurations: [{ Id: 't', TopicArn, Events: ['s3:ObjectTagging:*'] }],
    });
    const sent = { TopicArn, Subject: 'Amazon S3 Notification' };
    expect(calls.at(-1)).toMatchObject({ operation: 'sns:Publish', input: sent });
    expect(await call('GetBucketNotificationConfiguration', {})).toMatchObject({
      TopicConfigurations: [{ Id: 't', TopicArn, Events: ['s3:ObjectTagging:*'] }],
    });
    await put('a');
    calls = [];
    await call('PutObjectTagging', { Key: 'a', Tagging: { TagSet: [] } });
    await s3.outbox.deliver();
    await expect.poll(() => calls.length).toBe(1);
    expect(calls).toMatchObject([{ operation: 'sns:Publish', input: sent }]);
  });

  test('wait for a destination that cannot take them now, also through a restart', async () => {
    await configure();
    calls = [];
    failure = new AwsError('ServiceException', 500, 'later');
    const traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:0123abcd:3';
    const written = { Key: 'in/x.txt', Body: Buffer.from('12345') };
    await s3.call('PutObject', written, { ...context, traceHeader });
    await s3.outbox.deliver();
    await expect.poll(() => eventsSeen().length).toBeGreaterThan(0);
    await s3.stop();
    [calls, failure] = [[], undefined];
    nowMs += 1_000_000;
    await start();
    await s3.outbox.deliver();
    expect(eventsSeen()).toMatchObject([{ eventName: 'ObjectCreated:Put' }]);
    // By it a function that comes round through buckets is found.
    expect(calls.map((each) => each.traceHeader)).toEqual([traceHeader]);
    await s3.outbox.deliver();
    expect(eventsSeen()).toHaveLength(1);
  });

  test('that wait in a database of an earlier version are handed over', async () => {
    await s3.stop();
    await store.close();
    store = await openStore({ path: path.join(folder, 'earlier'), logger: silentLogger });
    await store.migrate('objects', objectMigrations.slice(0, 3));
    const body = JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put' }] });
    await store.write([
      {
        sql: `INSERT INTO s3_events
                (bucket, account, region, kind, target, created_ms, due_ms, attempts, body)
              VALUES ('bucket', '000000000000', 'us-east-1', 'lambda', ?, ?, ?, 1, ?)`,
        params: [target, nowMs, nowMs, body],
      },
    ]);
    await start();
    await s3.outbox.deliver();
    expect(calls).toMatchObject([
      {
        operation: 'lambda:Invoke',
        source: { arn: 'arn:aws:s3:::bucket', account: '000000000000' },
      },
    ]);
    expect(eventsSeen()).toEqual([{ eventName: 'ObjectCreated:Put' }]);
    expect(await store.read('SELECT * FROM s3_events')).toEqual([]);
  });

  test('that overlap, or of what is not served, are refused', async () => {
    const twice = {
      LambdaFunctionConfigurations: ['a', 'b'].map((Id) => ({
        Id,
        LambdaFunctionArn: target,
        Events: ['s3:ObjectCreated:Put'],
      })),
    };
    await expect(configure(twice)).rejects.toMatchObject({ code: 'InvalidArgument' });
    const none = { TopicConfigurations: [{ TopicArn: 'x', Events: [] }] };
    await expect(configure(none)).rejects.toMatchObject({ code: 'MalformedXML' });
    const QueueArn = 'arn:aws:sqs:us-east-1:000000000000:q';
    const later = { QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectRestore:*'] }] };
    await expect(configure(later)).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});

describe('lifecycle rules', () => {
  const rule = (Rules: readonly object[]): Promise<object> =>
    call('PutBucketLifecycleConfiguration', { LifecycleConfiguration: { Rules } });
  const keys = async (): Promise<readonly string[]> => {
    const { Contents } = await call('ListObjectsV2', {});
    return (Contents as { Key: string }[]).map(({ Key }) => Key);
  };

  test('are answered as they were put, with the size that Terraform waits for', async () => {
    const size = { TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K' };
    const Rules = [
      { ID: 'a', Status: 'Enabled', Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } },
    ];
    expect(await rule(Rules)).toEqual(size);
    const answer = await call('GetBucketLifecycleConfiguration', {});
    expect(answer).toEqual({ Rules, ...size });
    const other = call('PutBucketLifecycleConfiguration', {
      LifecycleConfiguration: { Rules },
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    });
    await expect(other).rejects.toMatchObject({ code: 'NotImplemented' });
  });

  test('expire what they mean at the midnight after its days, and nothing else', async () => {
    await put('logs/old');
    await put('kept/old');
    await rule([
      { ID: 'logs', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 1 } },
    ]);
    expect(await call('HeadObject', { Key: 'logs/old' })).toMatchObject({
      Expiration: expect.stringMatching(/^expiry-date=".* 00:00:00 GMT", rule-id="logs"$/),
    });
    nowMs += DAY;
    await put('logs/new');
    await s3.rules.run();
    expect(await keys()).toEqual(['kept/old', 'logs/new', 'logs/old']);
    nowMs += DAY / 1.5;
    await s3.rules.run();
    expect(await keys()).toEqual(['kept/old', 'logs/new']);
  });

  test('remove old versions and markers that hide nothing', async () => {
    await call('PutBucketVersioning', { VersioningConfiguration: { Status: 'Enabled' } });
    await rule([
      {
        Status: 'Enabled',
        Filter: {},
        Expiration: { ExpiredObjectDeleteMarker: true },
        NoncurrentVersionExpiration: { NoncurrentDays: 2 },
      },
    ]);
    await put('k');
    await put('k');
    await call('DeleteObject', { Key: 'k' });
    nowMs += 4 * DAY;
    await s3.rules.run();
    await s3.rules.run();
    expect(await call('ListObjectVersions', {})).toMatchObject({ Versions: [], DeleteMarkers: [] });
  });

  test('abort uploads that nobody finished; a month without any rule is too long as well', async () => {
    await call('CreateMultipartUpload', { Key: 'tmp/a' });
    await call('CreateMultipartUpload', { Key: 'b' });
    const open = async (): Promise<number> =>
      ((await call('ListMultipartUploads', {})) as unknown as { Uploads: object[] }).Uploads.length;
    await rule([
      {
        Status: 'Enabled',
        Filter: { Prefix: 'tmp/' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
    nowMs += 2 * DAY;
    await s3.rules.run();
    expect(await open()).toBe(1);
    nowMs += 29 * DAY;
    await s3.rules.run();
    expect(await open()).toBe(0);
  });

  test('that could not act are refused', async () => {
    const transition = { Status: 'Enabled', Filter: {}, Transitions: [{ Days: 1 }] };
    await expect(rule([transition])).rejects.toMatchObject({ code: 'NotImplemented' });
    await expect(rule([{ Status: 'Enabled', Filter: {} }])).rejects.toMatchObject({
      code: 'MalformedXML',
    });
  });
});
