/**
 * What is right but for a member or two that is random, oversized or of another type, at every
 * operation and for things that are there: the answer is never an internal error, and what was
 * refused has changed nothing. Requests go through the wire's parser, as they come.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsError } from '../../core/aws-error.ts';
import { percentEncode } from '../../wire/percent.ts';
import { protocolOf } from '../../wire/protocol.ts';
import type { RawRequest } from '../../wire/raw-message.ts';
import { loadServiceModel, type OperationModel } from '../../wire/service-model.ts';
import { makeThings, rightFor, type Things, type Values } from './fixtures/right-inputs.ts';
import { context, ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const model = loadServiceModel('lambda');
const protocol = protocolOf(model);
const ARN = 'arn:aws:lambda:eu-west-1:000000000000';
const RUNS = 16;

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterAll(() => lambda[Symbol.asyncDispose]());

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('f', '$LATEST', '1', '2', 'live', ARN, `${ARN}:function:f:9`, ROLE),
  fc.constantFrom('', 'x'.repeat(70_000), '\0', '__proto__', '../..', '-1', 'NaN', '\u{1f525}'),
);
const anything = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(1e300, -1, 0, 0.5, 2 ** 31, 2 ** 53, true, null, [], {}, undefined),
  fc.array(text, { maxLength: 3 }),
  fc.constant(Array.from({ length: 2_000 }, () => 'x')),
  fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), text, { maxKeys: 3 }),
);
/** A right value with one of its own members wrong. */
const wrongInside = (value: unknown): fc.Arbitrary<unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return anything;
  return fc
    .tuple(fc.constantFrom(...Object.keys(value), 'More'), anything)
    .map(([name, wrong]) => ({ ...value, [name]: wrong }));
};

/** The right ones, but for at most two. */
function valuesFor(operation: OperationModel, things: Things): fc.Arbitrary<Values> {
  const base = rightFor(operation, things);
  const members = operation.input.members.map((member) => member.name);
  if (members.length === 0) return fc.constant(base);
  const wrong = fc
    .constantFrom(...members)
    .chain((member) =>
      fc.oneof(anything, wrongInside(base[member])).map((value) => ({ [member]: value })),
    );
  return fc.array(wrong, { maxLength: 2 }).map((all) => Object.assign({}, base, ...all) as Values);
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? '');

function requestOf(operation: OperationModel, values: Values): RawRequest {
  const { method = 'GET', uri = '/' } = operation.http ?? {};
  const [route = '', fixed = ''] = uri.split('?');
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const query = fixed === '' ? [] : [fixed];
  const document: Record<string, unknown> = {};
  let path = route;
  let payload: string | undefined;
  for (const { name, traits } of operation.input.members) {
    const value = values[name];
    if (traits.isLabel) {
      path = path.replace(new RegExp(`\\{${name}\\+?\\}`), () => percentEncode(asText(value)));
    } else if (value === undefined) continue;
    else if (traits.header !== undefined) {
      headers[traits.header.toLowerCase()] = asText(value).replaceAll(/[^ -~]/g, '?');
    } else if (traits.query !== undefined) {
      for (const each of [value].flat()) {
        query.push(`${percentEncode(traits.query)}=${percentEncode(asText(each))}`);
      }
    } else if (traits.isPayload) payload = asText(value);
    else document[name] = value;
  }
  const body = Buffer.from(payload ?? (method === 'GET' ? '' : JSON.stringify(document)));
  return { method, path, query: query.join('&'), headers, body };
}

/** Everything that requests can change. */
const kept = (): string =>
  JSON.stringify([
    [...lambda.functions.all()],
    lambda.layers.list(context),
    lambda.codeSigning.list(context),
  ]);

test('every operation that is served has an answer to whatever it is sent, and keeps nothing of what it refuses', async () => {
  const accepted = new Set<string>();
  const refused = new Set<string>();
  for (const name of lambda.service.operations.keys()) {
    const operation = model.operations.get(name)!;
    let things = await makeThings(lambda);
    for (let run = 0; run < RUNS; run += 1) {
      const [values = {}] =
        run === 0
          ? [rightFor(operation, things)]
          : fc.sample(valuesFor(operation, things), { numRuns: 1, seed: run });
      await lambda.settled();
      const before = kept();
      const shown = `${name} ${JSON.stringify(values).slice(0, 1_000)}`;
      const request = requestOf(operation, values);
      // Some become another operation's path, which is walked itself.
      if (protocol.route(request) !== operation) continue;
      try {
        const output = await lambda.call(name, protocol.parseInput(operation, request));
        protocol.serializeOutput(operation, output, 'an-id');
        accepted.add(name);
        if (/^(Create|Delete|Add|Remove)/.test(name)) things = await makeThings(lambda);
      } catch (error) {
        expect(error, shown).toBeInstanceOf(AwsError);
        const { status } = error as AwsError;
        expect(status < 500 || status === 501, shown).toBe(true);
        expect(kept(), shown).toBe(before);
        refused.add(name);
      }
    }
  }
  // Both ends were reached: what always fails early shows nothing.
  const all = [...lambda.service.operations.keys()];
  // A mapping needs a queue, of which there is none here.
  const withQueue = /^(Create|Get|Update|Delete)EventSourceMapping$/;
  expect(all.filter((name) => !accepted.has(name) && !withQueue.test(name))).toEqual([]);
  // Which takes nothing.
  expect(all.filter((name) => !refused.has(name))).toEqual(['GetAccountSettings']);
}, 600_000);
