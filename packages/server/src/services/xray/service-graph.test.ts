/** Graphs of services. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { NOW_MS, segment, segmentId, traceId, XrayUnderTest } from './fixtures/start-xray.ts';

let xray: XrayUnderTest;
beforeEach(async () => {
  xray = new XrayUnderTest(openMemoryStore());
  await xray.start();
  await xray.put(
    segment('1', { origin: 'AWS::Lambda', name: 'pay' }),
    segment('2', {
      origin: 'AWS::Lambda::Function',
      name: 'pay',
      parent_id: segmentId('1'),
      end_time: NOW_MS / 1000 + 0.5,
      fault: true,
      subsegments: [segment('3', { name: 'call' })],
    }),
    segment('4', { name: 'ledger', parent_id: segmentId('3'), error: true, throttle: true }),
    segment('1', { trace_id: traceId('b'), origin: 'AWS::Lambda', name: 'pay' }),
    segment('1', { trace_id: traceId('c'), name: 'own', parent_id: segmentId('1') }),
  );
});
afterEach(() => xray.stop());

const range = { StartTime: new Date(NOW_MS - 1_000), EndTime: new Date(NOW_MS + 1_000) };
const statistics = (ok: number, errors: number, faults: number, seconds: number): object => ({
  OkCount: ok,
  ErrorStatistics: { ThrottleCount: errors, OtherCount: 0, TotalCount: errors },
  FaultStatistics: { OtherCount: faults, TotalCount: faults },
  TotalCount: ok + errors + faults,
  TotalResponseTime: seconds,
});

test('the services of a time are counted, with the calls between them', async () => {
  const { Services: services } = await xray.call<{ Services: Record<string, unknown>[] }>(
    'GetServiceGraph',
    range,
  );
  const by = (name: string, type?: string): Record<string, unknown> | undefined =>
    services.find((each) => each['Name'] === name && each['Type'] === type);
  const [lambda, ran, ledger] = [
    by('pay', 'AWS::Lambda'),
    by('pay', 'AWS::Lambda::Function'),
    by('ledger'),
  ];
  expect(lambda).toMatchObject({
    Root: true,
    State: 'active',
    AccountId: '000000000000',
    StartTime: new Date(NOW_MS),
    EndTime: new Date(NOW_MS + 1_000),
    SummaryStatistics: statistics(2, 0, 0, 2),
    DurationHistogram: [{ Value: 1, Count: 2 }],
    Edges: [{ ReferenceId: ran?.['ReferenceId'], SummaryStatistics: statistics(0, 0, 1, 0.5) }],
  });
  expect(ran).not.toHaveProperty('Root');
  expect(ran).toMatchObject({
    Edges: [{ ReferenceId: ledger?.['ReferenceId'], SummaryStatistics: statistics(0, 1, 0, 1) }],
  });
  expect(ledger).toMatchObject({ Edges: [] });
  expect(services.find((each) => each['Type'] === 'client')).toMatchObject({
    Names: [],
    State: 'unknown',
    Edges: [{ ReferenceId: lambda?.['ReferenceId'], SummaryStatistics: statistics(2, 0, 0, 2) }],
  });
  // Its own parent: nobody calls it.
  expect(by('own')).toMatchObject({ Edges: [] });
});

test('the graph of a trace has its services alone', async () => {
  const answer = await xray.call<{ Services: unknown[] }>('GetTraceGraph', {
    TraceIds: [traceId('b')],
  });
  expect(answer.Services).toMatchObject([{ Name: 'pay', Root: true }, { Type: 'client' }]);
});

test('another group than the default one is refused', async () => {
  for (const group of [{ GroupName: 'mine' }, { GroupARN: 'arn:aws:xray:a:b:group/mine' }]) {
    await expect(xray.call('GetServiceGraph', { ...range, ...group })).rejects.toThrow(
      'Hearth does not implement graphs of other groups than Default yet.',
    );
  }
  const own = { GroupName: 'Default', GroupARN: 'arn:aws:xray:a:b:group/Default' };
  expect(await xray.call('GetServiceGraph', { ...range, ...own })).toMatchObject({
    ContainsOldGroupVersions: false,
  });
});
