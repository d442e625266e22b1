/** CloudWatch Logs by the AWS SDK for JavaScript: groups, streams, events, retention, tags, pages. */
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  paginateDescribeLogGroups,
  paginateDescribeLogStreams,
  paginateFilterLogEvents,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

let dataFolder: string;
let server: TestServer;
let logs: CloudWatchLogsClient;

async function start(): Promise<void> {
  server = await startServer({ dataFolder, args: ['--isolation', 'process'] });
  logs = new CloudWatchLogsClient({
    ...clientSettings(server.endpoint, 'eu-north-1'),
    maxAttempts: 1,
  });
}

beforeAll(async () => {
  dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-logs-'));
  await start();
});
afterAll(async () => {
  logs?.destroy();
  await server?.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

const group = { logGroupName: '/app/orders' };
const stream = { ...group, logStreamName: 'one' };
const arn = 'arn:aws:logs:eu-north-1:000000000000:log-group:/app/orders';

async function groupNames(limit: number): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of paginateDescribeLogGroups({ client: logs, pageSize: limit }, {})) {
    expect(page.logGroups!.length).toBeLessThanOrEqual(limit);
    names.push(...page.logGroups!.map((each) => each.logGroupName!));
  }
  return names;
}

describe('CloudWatch Logs', () => {
  const base = Date.now() - 60_000;

  test('makes groups and streams once, and tells what is missing', async () => {
    await logs.send(new CreateLogGroupCommand({ ...group, tags: { team: 'a' } }));
    await logs.send(new CreateLogStreamCommand(stream));
    const again = logs.send(new CreateLogGroupCommand(group));
    await expect(again).rejects.toThrow(ResourceAlreadyExistsException);
    await expect(again).rejects.toThrow('The specified log group already exists');
    const missing = logs.send(new CreateLogStreamCommand({ ...stream, logGroupName: '/none' }));
    await expect(missing).rejects.toThrow(ResourceNotFoundException);
    await expect(missing).rejects.toThrow('The specified log group does not exist.');
  });

  test('pages groups and streams', async () => {
    for (const name of ['/b', '/c', '/d', '/e']) {
      await logs.send(new CreateLogGroupCommand({ logGroupName: name }));
    }
    expect(await groupNames(2)).toEqual(['/app/orders', '/b', '/c', '/d', '/e']);
    for (const logStreamName of ['two', 'three', 'four']) {
      await logs.send(new CreateLogStreamCommand({ ...group, logStreamName }));
    }
    const names: string[] = [];
    for await (const page of paginateDescribeLogStreams(
      { client: logs, pageSize: 3 },
      // The SDK writes its tokens into what it is given.
      { ...group },
    )) {
      names.push(...page.logStreams!.map((each) => each.logStreamName!));
    }
    expect(names).toEqual(['four', 'one', 'three', 'two']);
  });

  test('gives back the events that were put, in time and in pages', async () => {
    const messages = Array.from({ length: 250 }, (_, index) => ({
      timestamp: base + index,
      message: JSON.stringify({ level: index % 50 === 0 ? 'ERROR' : 'INFO', index }),
    }));
    await logs.send(new PutLogEventsCommand({ ...stream, logEvents: messages }));
    await logs.send(
      new PutLogEventsCommand({
        ...group,
        logStreamName: 'two',
        logEvents: [{ timestamp: base + 100, message: 'payment refused: card 42' }],
      }),
    );
    const first = await logs.send(
      new GetLogEventsCommand({ ...stream, startFromHead: true, limit: 100 }),
    );
    expect(first.events!.map((each) => each.message)).toEqual(
      messages.slice(0, 100).map((each) => each.message),
    );
    const second = await logs.send(
      new GetLogEventsCommand({ ...stream, nextToken: first.nextForwardToken, limit: 1_000 }),
    );
    expect(second.events).toHaveLength(150);
    const end = await logs.send(
      new GetLogEventsCommand({ ...stream, nextToken: second.nextForwardToken }),
    );
    expect(end.events).toEqual([]);
    expect(end.nextForwardToken).toBe(second.nextForwardToken);
  });

  test.each([
    ['{ $.level = "ERROR" && $.index > 60 }', 3],
    ['"payment refused"', 1],
    ['?refused ?INFO', 246],
    ['payment -card', 0],
    ['[word, what="refused:", ...]', 1],
  ])('filters by %s', async (filterPattern, count) => {
    const found: string[] = [];
    const pages = paginateFilterLogEvents(
      { client: logs, pageSize: 40 },
      { ...group, filterPattern, startTime: base },
    );
    for await (const page of pages) found.push(...page.events!.map((each) => each.message!));
    expect(found).toHaveLength(count);
  });

  test('refuses a filter pattern that is none', async () => {
    const filterPattern = '{ $.level = }';
    await expect(
      logs.send(new FilterLogEventsCommand({ ...group, filterPattern })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('keeps retention and tags, and gives them up', async () => {
    await logs.send(new PutRetentionPolicyCommand({ ...group, retentionInDays: 7 }));
    await expect(
      logs.send(new PutRetentionPolicyCommand({ ...group, retentionInDays: 8 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await logs.send(new TagResourceCommand({ resourceArn: arn, tags: { stage: 'test' } }));
    const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    expect(tags).toEqual({ team: 'a', stage: 'test' });
    await logs.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ['team'] }));
    const left = await logs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    expect(left.tags).toEqual({ stage: 'test' });
  });

  test('has everything after a restart, and nothing after a deletion', async () => {
    expect(await server.stop()).toBe(0);
    logs.destroy();
    await start();
    const page = await logs.send(new GetLogEventsCommand({ ...stream, startFromHead: true }));
    expect(page.events).toHaveLength(250);
    for await (const each of paginateDescribeLogGroups({ client: logs }, {})) {
      expect(each.logGroups![0]).toMatchObject({ ...group, retentionInDays: 7 });
    }
    await logs.send(new DeleteRetentionPolicyCommand(group));
    await logs.send(new DeleteLogStreamCommand(stream));
    await expect(logs.send(new GetLogEventsCommand(stream))).rejects.toThrow(
      'The specified log stream does not exist.',
    );
    await logs.send(new DeleteLogGroupCommand(group));
    expect(await groupNames(50)).toEqual(['/b', '/c', '/d', '/e']);
  });
});
