import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { protocolOf } from './protocol.ts';
import type { RawRequest, RawResponse } from './raw-message.ts';
import {
  comparable,
  secretAccessKey,
  sendThrough,
  serviceNames,
  valuesOf,
} from './sdk-client.testsuite.ts';
import { loadServiceModel, type OperationModel, type ServiceModel } from './service-model.ts';
import { readSignature, verifySignature } from './sigv4.ts';

/** Operations whose output is a stream of messages, which the clients would wait for. */
const streams: ReadonlySet<string> = new Set([
  'InvokeWithResponseStream',
  'StartLiveTail',
  'GetLogObject',
]);

interface Seen {
  readonly operation: OperationModel | undefined;
  readonly input: object;
}

async function call(
  model: ServiceModel,
  operation: OperationModel,
  input: object,
  answer: (operation: OperationModel) => RawResponse,
): Promise<{ readonly seen: Seen; readonly output: unknown }> {
  const protocol = protocolOf(model);
  let seen: Seen | undefined;
  const serve = (request: RawRequest): RawResponse => {
    const signed = readSignature(request);
    if (signed === undefined && !isAnonymous(operation)) throw new Error('not signed');
    if (signed !== undefined) verifySignature(signed, secretAccessKey, request, Date.now());
    const routed = protocol.route(request, protocol.needsBodyToRoute ? request.body : undefined);
    seen = { operation: routed, input: routed ? protocol.parseInput(routed, request) : {} };
    return answer(operation);
  };
  const output = await sendThrough(model.name, operation.name, input, serve);
  if (seen === undefined) throw new Error('nothing was sent');
  return { seen, output };
}

function isAnonymous(operation: OperationModel): boolean {
  return operation.name === 'AssumeRoleWithSAML' || operation.name === 'AssumeRoleWithWebIdentity';
}

describe.each(serviceNames)('the protocol of %s with the real SDK client', (name) => {
  const model = loadServiceModel(name);
  const protocol = protocolOf(model);
  const operations = [...model.operations.values()].filter((each) => !streams.has(each.name));

  it('has the operations of the SDK', () => {
    const least = {
      lambda: 88,
      logs: 118,
      iam: 180,
      sts: 11,
      s3: 100,
      sqs: 23,
      sns: 42,
      events: 57,
      xray: 38,
      ecr: 50,
    }[name];
    expect(model.operations.size).toBeGreaterThanOrEqual(least);
  });

  it('routes every operation, reads its whole input, and verifies its signature', async () => {
    for (const operation of operations) {
      const empty = protocol.serializeOutput(operation, {}, 'an-id');
      await fc.assert(
        fc.asyncProperty(valuesOf(operation.input), async (input) => {
          const { seen } = await call(model, operation, input, () => empty);
          expect(seen.operation?.name).toBe(operation.name);
          expect(comparable(seen.input)).toEqual(comparable(input));
        }),
        { numRuns: 3 },
      );
    }
  }, 60_000);

  it('writes every output so that the client reads the same values', async () => {
    for (const operation of operations) {
      const [input] = fc.sample(valuesOf(operation.input), { numRuns: 1, seed: 1 });
      await fc.assert(
        fc.asyncProperty(valuesOf(operation.output), async (expected) => {
          const response = protocol.serializeOutput(operation, expected, 'an-id');
          const { output } = await call(model, operation, input!, () => response);
          expect(comparable(output)).toEqual(comparable(expected));
        }),
        { numRuns: 3 },
      );
    }
  }, 60_000);

  it('writes every error so that the client throws that error', async () => {
    const [operation] = operations;
    const [input] = fc.sample(valuesOf(operation!.input), { numRuns: 1, seed: 1 });
    for (const each of new Set(model.errors.values())) {
      // The base class of a service's errors is no error that a service sends.
      if (each.shape.name.endsWith('ServiceException') && each.shape.members.length === 0) continue;
      const error = new AwsError(each.shape.name, each.status, 'Why <not> & "so"?');
      const response = protocol.serializeError(error, 'an-id', operation);
      expect(response.status).toBe(each.status);
      const thrown = await call(model, operation!, input!, () => response).catch((e: unknown) => e);
      expect(thrown).toMatchObject({ name: each.shape.name, message: 'Why <not> & "so"?' });
    }
  });
});

describe('requests that no client sends', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.string().map((text) => Buffer.from(text)),
  );
  const formBytes = fc
    .array(fc.tuple(fc.stringMatching(/^[A-Za-z.0-9%+]{1,20}$/), fc.string()), { maxLength: 6 })
    .map((pairs) => Buffer.from(pairs.map(([key, value]) => `${key}=${value}`).join('&')));
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[%/.a-zA-Z0-9=&+{}]*$/));

  it.each(serviceNames)('end in an answer of %s or in an AwsError of the 4xx kind', (name) => {
    const model = loadServiceModel(name);
    const protocol = protocolOf(model);
    const names = [...model.operations.keys()];
    const requests = fc.record({
      operation: fc.constantFrom(...names),
      body: fc.oneof(bytes, formBytes),
      path: text,
      query: text,
      headers: fc.dictionary(
        fc.constantFrom('x-amz-target', 'x-amz-log-type', 'authorization', 'x-amz-date'),
        text,
      ),
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'X'),
    });
    fc.assert(
      fc.property(requests, ({ operation: operationName, ...request }) => {
        const operation = model.operations.get(operationName)!;
        const path = fc.sample(fc.constant(concretePath(operation, request.path)), 1)[0]!;
        protocol.route(request, request.body);
        protocol.route({ ...request, path }, request.body);
        expectClientFault(() => protocol.parseInput(operation, { ...request, path }));
        expectClientFault(() => readSignature(request));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuse JSON of a million levels without exhausting the stack', () => {
    const model = loadServiceModel('logs');
    const operation = model.operations.get('PutLogEvents')!;
    for (const open of ['[', '{"a":']) {
      const body = Buffer.from(`{"logEvents":${open.repeat(1_000_000)}`);
      const parse = (): object =>
        protocolOf(model).parseInput(operation, { ...emptyRequest, body });
      expect(parse).toThrow(
        expect.objectContaining({ code: 'SerializationException', status: 400 }),
      );
    }
  });

  it('reach no prototype through keys named __proto__', () => {
    const body = Buffer.from(
      '{"__proto__":{"polluted":1},"FunctionName":"f","Environment":{"Variables":{"__proto__":"x","constructor":"y"}}}',
    );
    const model = loadServiceModel('lambda');
    const operation = model.operations.get('CreateFunction')!;
    const input = protocolOf(model).parseInput(operation, { ...emptyRequest, body }) as {
      Environment: { Variables: Record<string, string> };
    };
    expect(Object.keys(input)).toEqual(['FunctionName', 'Environment']);
    expect(Object.entries(input.Environment.Variables)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('that are wrongly typed are told what was found', () => {
    const model = loadServiceModel('lambda');
    const operation = model.operations.get('CreateFunction')!;
    const parse = (json: string): object =>
      protocolOf(model).parseInput(operation, { ...emptyRequest, body: Buffer.from(json) });
    expect(() => parse('{"Timeout":"3"}')).toThrow(
      'STRING_VALUE can not be converted to an Integer',
    );
    expect(() => parse('{"Handler":3}')).toThrow('NUMBER_VALUE can not be converted to a String');
    expect(() => parse('{"Layers":{}}')).toThrow('Expected list or null');
    expect(() => parse('{"Handler":{}}')).toThrow(
      'Start of structure or map found where not expected.',
    );
    expect(() => parse('{"Code":{"ZipFile":"a*b"}}')).toThrow(AwsError);
    expect(() => parse('[]')).toThrow(AwsError);
  });
});

const emptyRequest: RawRequest = {
  method: 'POST',
  path: '/',
  query: '',
  headers: {},
  body: new Uint8Array(0),
};

/** The operation's own path with the label replaced, so that the readers behind it are reached. */
function concretePath(operation: OperationModel, label: string): string {
  return (operation.http?.uri.split('?')[0] ?? '/').replaceAll(/\{[^}]+\}/g, label);
}

function expectClientFault(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    expect((error as AwsError).status).toBeGreaterThanOrEqual(400);
    expect((error as AwsError).status).toBeLessThan(500);
  }
}
