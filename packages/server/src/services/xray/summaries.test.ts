/** Summaries of traces, and the filter expressions that find them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { NOW_MS, segment, segmentId, traceId, XrayUnderTest } from './fixtures/start-xray.ts';

const seconds = NOW_MS / 1000;
const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:pay';

let xray: XrayUnderTest;
beforeEach(async () => {
  xray = new XrayUnderTest(openMemoryStore());
  await xray.start();
  await xray.put(
    segment('1', {
      origin: 'AWS::Lambda',
      name: 'pay',
      resource_arn: arn,
      http: {
        request: { url: 'https://shop/pay', method: 'POST', user_agent: 'me', client_ip: '::1' },
        response: { status: 200 },
      },
    }),
    segment('2', {
      origin: 'AWS::Lambda::Function',
      name: 'pay',
      parent_id: segmentId('1'),
      start_time: seconds + 0.1,
      end_time: seconds + 1.5,
      fault: true,
      user: 'ann',
      aws: { function_arn: arn, ec2: { instance_id: 'i-1', availability_zone: 'eu-west-1a' } },
      cause: { exceptions: [{ message: 'no money' }] },
      subsegments: [
        {
          ...segment('3', { name: 'handler' }),
          annotations: { order: 7, tier: 'gold', paid: false, list: [] },
        },
      ],
    }),
    segment('1', { trace_id: traceId('b'), name: 'slow', end_time: seconds + 9 }),
    segment('1', {
      trace_id: traceId('c'),
      name: 'busy',
      error: true,
      throttle: true,
      start_time: seconds - 7_200,
      end_time: seconds - 7_199,
      http: { response: { status: 429 } },
    }),
  );
});
afterEach(() => xray.stop());

test('a summary tells times, failures, services, annotations and users', async () => {
  const { TraceSummaries: found } = await xray.summaries();
  const service = (type: string): object => ({
    Name: 'pay',
    Names: ['pay'],
    AccountId: '000000000000',
    Type: type,
  });
  const ofFunction = [service('AWS::Lambda::Function')];
  expect(found.find(({ Id: id }) => id === traceId('a'))).toEqual({
    Id: traceId('a'),
    StartTime: new Date(NOW_MS),
    Duration: 1.5,
    ResponseTime: 1,
    HasFault: true,
    HasError: false,
    HasThrottle: false,
    IsPartial: false,
    Http: {
      HttpURL: 'https://shop/pay',
      HttpStatus: 200,
      HttpMethod: 'POST',
      UserAgent: 'me',
      ClientIp: '::1',
    },
    Annotations: {
      order: [{ AnnotationValue: { NumberValue: 7 }, ServiceIds: ofFunction }],
      tier: [{ AnnotationValue: { StringValue: 'gold' }, ServiceIds: ofFunction }],
      paid: [{ AnnotationValue: { BooleanValue: false }, ServiceIds: ofFunction }],
    },
    Users: [{ UserName: 'ann', ServiceIds: ofFunction }],
    ServiceIds: [service('AWS::Lambda'), service('AWS::Lambda::Function')],
    ResourceARNs: [{ ARN: arn }],
    InstanceIds: [{ Id: 'i-1' }],
    AvailabilityZones: [{ Name: 'eu-west-1a' }],
    EntryPoint: service('AWS::Lambda'),
    Revision: 2,
  });
});

describe('the time range', () => {
  const ids = (found: Awaited<ReturnType<XrayUnderTest['summaries']>>): readonly string[] =>
    found.TraceSummaries.map(({ Id: id }) => id);

  test('is that of the starts, of the last news, or of the ends', async () => {
    const from = { StartTime: new Date(NOW_MS + 5_000) };
    expect(ids(await xray.summaries(from))).toEqual([]);
    expect(ids(await xray.summaries({ ...from, TimeRangeType: 'Service' }))).toEqual([
      traceId('b'),
    ]);
    const event = await xray.summaries({ TimeRangeType: 'Event' });
    expect(ids(event)).toHaveLength(3);
    expect(event.TraceSummaries[0]).toMatchObject({ MatchedEventTime: new Date(NOW_MS) });
  });

  test('is a day at most, and ends after it begins', async () => {
    for (const StartTime of [new Date(NOW_MS - 86_400_000), new Date(NOW_MS + 7_200_000)]) {
      await expect(xray.summaries({ StartTime })).rejects.toMatchObject({
        code: 'InvalidRequestException',
      });
    }
  });

  test('comes in pages, the latest first', async () => {
    const many = Array.from({ length: 110 }, (_, index) =>
      segment('1', {
        trace_id: `1-69a42840-${String(index).padStart(24, '0')}`,
        start_time: seconds + 100 + index,
        end_time: seconds + 101 + index,
      }),
    );
    await xray.put(...many);
    const first = await xray.summaries();
    expect(first.TraceSummaries).toHaveLength(100);
    expect(first.TraceSummaries[0]).toMatchObject({ Id: many.at(-1)?.['trace_id'] });
    const second = await xray.summaries({ NextToken: first.NextToken });
    expect(second.TraceSummaries).toHaveLength(12);
    expect(second).not.toHaveProperty('NextToken');
    const all = [...first.TraceSummaries, ...second.TraceSummaries].map(({ Id: id }) => id);
    expect(new Set(all).size).toBe(112);
    await expect(xray.summaries({ NextToken: 'mine' })).rejects.toThrow('NextToken');
  });
});

test('a page is no more than what can be read at once', async () => {
  const large = { metadata: { text: 'x'.repeat(60_000) } };
  for (let index = 0; index < 20; index++) {
    const trace = { ...large, trace_id: `1-69a42840-${String(index).padStart(24, '0')}` };
    await xray.put(...'12345678'.split('').map((id) => segment(id, trace)));
  }
  const first = await xray.summaries();
  expect(first.TraceSummaries.length).toBeLessThan(22);
  const second = await xray.summaries({ NextToken: first.NextToken });
  expect(first.TraceSummaries.length + second.TraceSummaries.length).toBe(22);
});

const [a, b] = [traceId('a'), traceId('b')];
const expressions: readonly (readonly [expression: string, found: readonly string[]])[] = [
  ['', [a, b]],
  ['service("pay")', [a]],
  ['service("none")', []],
  ['service()', [a, b]],
  ['service(id(name: "pay", type: "AWS::Lambda::Function"))', [a]],
  ['service(id(account.id: "111111111111"))', []],
  ['service("pay") { fault }', [a]],
  ['service(id(type: "AWS::Lambda")) { fault = true }', []],
  ['fault', [a]],
  ['fault = false', [b]],
  ['ok', [b]],
  ['error OR throttle', []],
  ['!fault AND ok != false', [b]],
  ['partial', []],
  ['NOT service("pay")', [b]],
  ['responsetime > 5', [b]],
  ['duration >= 1.5 AND duration <= 8', [a]],
  ['http.status = 200', [a]],
  ['http.status != 200', []],
  ['http.url CONTAINS "/pay"', [a]],
  ['http.url BEGINSWITH "https://" AND http.url ENDSWITH "pay" AND http.method = "POST"', [a]],
  ['http.useragent = "me" AND http.clientip = "::1"', [a]],
  ['user = "ann"', [a]],
  ['name = "slow" OR type = "AWS::EC2"', [b]],
  ['message CONTAINS "money"', [a]],
  [`resource.arn = "${arn}"`, [a]],
  [`id = "${b}"`, [b]],
  ['annotation.order = 7', [a]],
  ['annotation[order] < 8', [a]],
  ['annotation["tier"] = "gold" AND annotation.paid = false', [a]],
  ['annotation.tier', [a]],
  ['annotation.none', []],
  ['annotation.constructor', []],
  ['(fault OR ok) AND (service("slow") OR http.status > 500)', [b]],
  ['name = "a \\"quoted\\" one"', []],
];
test.each(expressions)('the filter %s finds its traces', async (expression, found) => {
  expect((await xray.find(expression)).toSorted()).toEqual([...found].toSorted());
});

const refused: readonly (readonly [expression: string, reason: string])[] = [
  ['edge("a", "b")', 'Hearth does not implement the keyword edge of filter expressions yet.'],
  ['rootcause.fault.service("a")', 'the keyword rootcause.fault.service'],
  ['fault =', 'it ends too early'],
  ['(fault', 'it ends too early'],
  ['fault fault', '"fault" is not expected where it stands'],
  ['fault = 7', 'compared with true or false'],
  ['duration = "a"', 'compared with a number'],
  ['duration', 'compared with a number'],
  ['http.url > "a"', 'compared with a string'],
  ['name = pay', '"pay" is no value'],
  ['"pay"', '"pay" is no keyword'],
  ['service(pay)', 'the name of a service is a string'],
  ['service(id(host: "a"))', 'a service has a name'],
  ['name = "pay', 'it cannot be read from character'],
];
test.each(refused)('the filter %s is refused', async (expression, reason) => {
  await expect(xray.find(expression)).rejects.toMatchObject({
    code: 'InvalidRequestException',
    message: expect.stringContaining(reason) as string,
  });
});

test('a filter that nests as deep as it may does not take the stack', async () => {
  await expect(xray.find('('.repeat(1_000))).rejects.toThrow('it ends too early');
  await expect(xray.find('('.repeat(1_001))).rejects.toThrow('longer than 1000 characters');
});
