import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import { createLogger, silentLogger } from '../../lib/logger.ts';
import { createLogShipper } from './log-shipper.ts';

interface Put {
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[];
}

const target = {
  principal: { kind: 'service', service: 'lambda.amazonaws.com' },
  account: '000000000000',
  region: 'eu-west-1',
  group: '/g',
  stream: 's',
} as const;

function recorder(refuse: (operation: string, count: number) => string | undefined): {
  readonly callAs: CallAs;
  readonly operations: string[];
  readonly puts: Put[];
} {
  const operations: string[] = [];
  const puts: Put[] = [];
  const callAs: CallAs = async (_caller, _service, operation, input) => {
    const count = operations.filter((each) => each === operation).length;
    operations.push(operation);
    const code = refuse(operation, count);
    if (code !== undefined) throw new AwsError(code, 400, code);
    if (operation === 'PutLogEvents') puts.push(input as Put);
    return {};
  };
  return { callAs, operations, puts };
}

test('a missing group is made, and lines go in the order in which they came', async () => {
  const { callAs, operations, puts } = recorder((operation, count) =>
    operation === 'CreateLogStream' && count === 0 ? 'ResourceNotFoundException' : undefined,
  );
  const shipper = createLogShipper({ callAs, logger: silentLogger });
  const stream = shipper.open(target);
  for (let line = 0; line < 100; line++) stream.append(1000 - line, `${line}\n`);
  await shipper.close();
  expect(operations).toEqual([
    'CreateLogStream',
    'CreateLogGroup',
    'CreateLogStream',
    'PutLogEvents',
  ]);
  const events = puts.flatMap(({ logEvents }) => logEvents);
  expect(events.map(({ message }) => message)).toEqual([...Array(100).keys()].map((n) => `${n}\n`));
  // The wall clock went backwards; the batch must not.
  expect(events.every(({ timestamp }) => timestamp === 1000)).toBe(true);
});

test('a group that is deleted between two batches is made again', async () => {
  const { callAs, operations } = recorder((operation, count) =>
    operation === 'PutLogEvents' && count === 1 ? 'ResourceNotFoundException' : undefined,
  );
  const shipper = createLogShipper({ callAs, logger: silentLogger });
  const stream = shipper.open(target);
  stream.append(1, 'one\n');
  while (!operations.includes('PutLogEvents')) await sleep(10);
  stream.append(2, 'two\n');
  await shipper.close();
  expect(operations).toEqual([
    'CreateLogStream',
    'PutLogEvents',
    'PutLogEvents',
    'CreateLogStream',
    'PutLogEvents',
  ]);
  expect(shipper.linesDropped).toBe(0);
});

test('batches stay within the limits of PutLogEvents', async () => {
  const { callAs, puts } = recorder(() => undefined);
  const shipper = createLogShipper({ callAs, logger: silentLogger });
  const stream = shipper.open(target);
  for (let line = 0; line < 40; line++) stream.append(1, 'x'.repeat(100_000));
  await shipper.close();
  for (const { logEvents } of puts) {
    const sizeBytes = logEvents.reduce((sum, { message }) => sum + message.length + 26, 0);
    expect(sizeBytes).toBeLessThanOrEqual(1_048_576);
  }
  expect(puts.flatMap(({ logEvents }) => logEvents)).toHaveLength(40);
});

test('while the log service hangs memory stays bounded and what is lost is counted', async () => {
  const gate = Promise.withResolvers<void>();
  const shipper = createLogShipper({
    callAs: async () => {
      await gate.promise;
      return {};
    },
    logger: silentLogger,
  });
  const stream = shipper.open(target);
  for (let line = 0; line < 100; line++) stream.append(1, 'x'.repeat(100_000));
  expect(shipper.linesDropped).toBeGreaterThan(50);
  gate.resolve();
  await shipper.close();
});

test('a refused batch is counted once for each line, and told once by its reason', async () => {
  const { callAs } = recorder(() => 'AccessDeniedException');
  const told: string[] = [];
  const logger = createLogger((line) => told.push(line), 'info');
  const shipper = createLogShipper({ callAs, logger });
  const stream = shipper.open(target);
  for (let line = 0; line < 7; line++) stream.append(1, 'x\n');
  await shipper.close();
  expect(shipper.linesDropped).toBe(7);
  expect(told.map((line) => ({ ...JSON.parse(line), time: '' }) as object)).toEqual([
    {
      time: '',
      level: 'info',
      event: 'function-log.lost',
      group: '/g',
      stream: 's',
      lines: 7,
      reason: 'AccessDeniedException',
    },
  ]);
});
