/** Segments as they come in, and traces as they go out. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { NOW_MS, segment, segmentId, traceId, XrayUnderTest } from './fixtures/start-xray.ts';

let xray: XrayUnderTest;
beforeEach(async () => {
  xray = new XrayUnderTest(openMemoryStore());
  await xray.start();
});
afterEach(() => xray.stop());

describe('a segment', () => {
  test('is told as it was sent, with its trace', async () => {
    const sent = segment('1', { metadata: { any: ['thing'] }, end_time: NOW_MS / 1000 + 0.25 });
    expect(await xray.put(sent)).toEqual([]);
    expect(await xray.call('BatchGetTraces', { TraceIds: [traceId('a'), traceId('b')] })).toEqual({
      Traces: [
        {
          Id: traceId('a'),
          Duration: 0.25,
          LimitExceeded: false,
          Segments: [{ Id: segmentId('1'), Document: JSON.stringify(sent) }],
        },
      ],
      UnprocessedTraceIds: [traceId('b')],
    });
  });

  test('takes the place of the one that was in progress', async () => {
    await xray.put(segment('1', { end_time: undefined, in_progress: true }));
    expect((await xray.summaries()).TraceSummaries).toMatchObject([{ IsPartial: true }]);
    await xray.put(segment('1'));
    expect((await xray.summaries()).TraceSummaries).toMatchObject([{ IsPartial: false }]);
    expect(await xray.documents()).toEqual([segment('1')]);
  });

  test('is seen by its account and region alone', async () => {
    await xray.put(segment('1'));
    for (const other of [{ account: '111111111111' }, { region: 'us-east-1' }]) {
      expect(await xray.call('BatchGetTraces', { TraceIds: [traceId('a')] }, other)).toMatchObject({
        Traces: [],
      });
    }
  });

  const refused: readonly (readonly [code: string, document: object | string])[] = [
    ['ParseError', '{"id": '],
    ['ParseError', '7'],
    ['ParseError', segment('1', { fault: 'yes' })],
    ['ParseError', segment('1', { annotations: [] })],
    ['ParseError', segment('1', { http: { request: 'GET' } })],
    ['MissingId', segment('1', { id: undefined })],
    ['InvalidId', segment('1', { id: 'xyz' })],
    ['MissingName', segment('1', { name: undefined })],
    ['InvalidName', segment('1', { name: 'n'.repeat(201) })],
    ['InvalidName', segment('1', { name: 'a<b' })],
    ['MissingTraceId', segment('1', { trace_id: undefined })],
    ['InvalidTraceId', segment('1', { trace_id: '1-2-3' })],
    ['MissingStartTime', segment('1', { start_time: undefined })],
    ['InvalidStartTime', segment('1', { start_time: NOW_MS * 1000 })],
    ['MissingEndTime', segment('1', { end_time: undefined })],
    ['InvalidEndTime', segment('1', { end_time: 'soon' })],
    ['MissingParentId', segment('1', { type: 'subsegment' })],
    ['InvalidParentId', segment('1', { type: 'subsegment', parent_id: 'me' })],
    ['MissingId', segment('1', { subsegments: [{ name: 'part' }] })],
    ['InvalidSubsegments', segment('1', { subsegments: {} })],
    ['SegmentTooLarge', segment('1', { metadata: { text: 'x'.repeat(65_536) } })],
  ];
  test.each(refused)('is refused with %s beside one that is kept', async (code, document) => {
    expect(await xray.put(document, segment('2'))).toMatchObject([
      { ErrorCode: code, Message: `Invalid segment. ErrorCode: ${code}` },
    ]);
    expect(await xray.documents()).toEqual([segment('2')]);
  });
});

describe('a subsegment that is sent alone', () => {
  const part = (id: string, parent: string): Record<string, unknown> =>
    segment(id, { type: 'subsegment', parent_id: segmentId(parent), name: `part ${id}` });

  test('is put into what it is part of, in whatever order they come', async () => {
    await xray.put(part('3', '2'));
    await xray.put([part('4', '3')]);
    expect(await xray.documents()).toHaveLength(1);
    const inner = { ...segment('2'), trace_id: undefined, name: 'Invocation' };
    await xray.put(segment('1', { subsegments: [inner] }));
    expect(await xray.documents()).toMatchObject([
      {
        name: 'shop',
        subsegments: [
          {
            name: 'Invocation',
            subsegments: [{ name: 'part 3', subsegments: [{ name: 'part 4' }] }],
          },
        ],
      },
    ]);
  });

  test('and that is its own ancestor ends nothing', async () => {
    await xray.put(part('2', '3'), part('3', '2'), part('4', '4'), segment('1'));
    expect((await xray.documents()).map((each) => String(each['id'])).toSorted()).toEqual(
      ['1', '2', '3', '4'].map(segmentId),
    );
  });

  test('whose parents all have one id is told once', async () => {
    const twin = { ...segment('2'), name: 'twin' };
    const twins = Array.from({ length: 50 }, () => twin);
    await xray.put(segment('1', { subsegments: twins }));
    await xray.put({ ...part('3', '2'), subsegments: twins });
    expect(JSON.stringify(await xray.documents()).split('part 3')).toHaveLength(2);
  });
});

describe('what is kept', () => {
  test('of a trace ends with 500 KB, which the trace tells', async () => {
    const large = (id: string): object => segment(id, { metadata: { text: 'x'.repeat(60_000) } });
    await xray.put(...'12345678'.split('').map(large));
    expect(await xray.documents()).toHaveLength(8);
    await xray.put(large('9'));
    await xray.put(segment('a'));
    expect(await xray.documents()).toHaveLength(8);
    expect(await xray.call('BatchGetTraces', { TraceIds: [traceId('a')] })).toMatchObject({
      Traces: [{ LimitExceeded: true }],
    });
  });

  test('is forgotten after thirty days', async () => {
    await xray.put(segment('1'));
    xray.wallMs += 29 * 86_400_000;
    await xray.put(segment('1', { trace_id: traceId('b') }));
    await xray.service.expire();
    expect(await xray.documents()).toHaveLength(1);
    xray.wallMs += 2 * 86_400_000;
    await xray.service.expire();
    expect(await xray.documents()).toHaveLength(0);
    expect(await xray.documents(traceId('b'))).toHaveLength(1);
    expect(await xray.store.read('SELECT trace_id FROM xray_segments')).toHaveLength(1);
  });

  test('is looked through when a server starts', async () => {
    await xray.put(segment('1'));
    await xray.service.close();
    xray.wallMs += 31 * 86_400_000;
    await xray.start();
    const left = (): Promise<readonly object[]> => xray.store.read('SELECT id FROM xray_segments');
    await expect.poll(left, { timeout: 20_000 }).toEqual([]);
  });

  test('of an account is bounded: the traces that were heard of last remain', async () => {
    await xray.service.close();
    await xray.start(100_000);
    const large = { metadata: { text: 'x'.repeat(40_000) } };
    for (const digit of ['b', 'c', 'd']) {
      xray.wallMs += 1_000;
      await xray.put(segment('1', { ...large, trace_id: traceId(digit) }));
    }
    const other = { account: '111111111111' };
    const theirs = JSON.stringify(segment('1', { trace_id: traceId('e') }));
    await xray.call('PutTraceSegments', { TraceSegmentDocuments: [theirs] }, other);
    await xray.service.expire();
    expect(await xray.find('')).toEqual([traceId('d'), traceId('c')]);
    const kept = await xray.call('BatchGetTraces', { TraceIds: [traceId('e')] }, other);
    expect(kept).toMatchObject({ UnprocessedTraceIds: [] });
  });

  test('is limited by the second', async () => {
    const many = JSON.stringify(Array.from({ length: 2_600 }, () => ({})));
    await xray.put(many);
    await expect(xray.put(segment('1'))).rejects.toMatchObject({ code: 'ThrottledException' });
    xray.passedMs += 1_000;
    expect(await xray.put(segment('1'))).toEqual([]);
  });
});

test('more than five traces are not told at once', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'].map(traceId);
  await expect(xray.call('BatchGetTraces', { TraceIds: ids })).rejects.toMatchObject({
    code: 'InvalidRequestException',
  });
});

describe('sampling', () => {
  test('has the rule that AWS begins with', async () => {
    expect(await xray.call('GetSamplingRules', {})).toMatchObject({
      SamplingRuleRecords: [
        { SamplingRule: { RuleName: 'Default', FixedRate: 0.05, ReservoirSize: 1 } },
      ],
    });
  });

  test('gives the one request of a second to one client at a time', async () => {
    const ask = async (client: string, rule = 'Default'): Promise<unknown> =>
      await xray.call('GetSamplingTargets', {
        SamplingStatisticsDocuments: [
          {
            RuleName: rule,
            ClientID: client.repeat(24),
            Timestamp: new Date(),
            RequestCount: 1,
            SampledCount: 1,
          },
        ],
      });
    const quota = (count: number): object => ({
      SamplingTargetDocuments: [{ RuleName: 'Default', FixedRate: 0.05, ReservoirQuota: count }],
    });
    expect(await ask('a')).toMatchObject(quota(1));
    expect(await ask('b')).toMatchObject(quota(0));
    expect(await ask('a')).toMatchObject(quota(1));
    xray.wallMs += 10_000;
    expect(await ask('b')).toMatchObject(quota(1));
    expect(await ask('b', 'mine')).toMatchObject({
      SamplingTargetDocuments: [],
      UnprocessedStatistics: [{ RuleName: 'mine' }],
    });
  });
});

test('an account that changed nothing has the default group and no key of its own', async () => {
  expect(await xray.call('GetGroups', {})).toMatchObject({ Groups: [{ GroupName: 'Default' }] });
  expect(await xray.call('GetEncryptionConfig', {})).toEqual({
    EncryptionConfig: { Status: 'ACTIVE', Type: 'NONE' },
  });
  const records = [{ Timestamp: new Date(), SegmentsSentCount: 1 }];
  expect(await xray.call('PutTelemetryRecords', { TelemetryRecords: records })).toEqual({});
});
