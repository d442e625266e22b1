/** How a Node function fails, as its caller and its log see it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

let functions: Functions;

const source = `class Refused extends Error { constructor(text) { super(text); this.name = 'Refused'; } }
function fail() { throw new TypeError('sync'); }
export const handler = async (event) => {
  switch (event.how) {
    case 'throw': return fail();
    case 'reject': return Promise.reject(new RangeError('async'));
    case 'class': throw new Refused('custom');
    case 'text': throw 'only text';
    case 'unhandled': Promise.reject(new Error('nobody waits')); return new Promise((r) => setTimeout(r, 5000));
    case 'undefined': return undefined;
    default: return event;
  }
};`;

beforeAll(async () => {
  functions = await openFunctions();
  await functions.create('throws', 'nodejs22.x', { 'index.mjs': source });
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

describe('an error of a Node handler', () => {
  test('that is thrown is answered with status 200, Unhandled and the real stack', async () => {
    const { status, functionError, payload, log } = await functions.invoke('throws', {
      how: 'throw',
    });
    expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
    expect(payload).toEqual({
      errorType: 'TypeError',
      errorMessage: 'sync',
      trace: expect.arrayContaining([
        'TypeError: sync',
        expect.stringMatching(/^ {4}at fail \(file:\/\/\/var\/task\/index\.mjs:2:25\)$/),
      ]),
    });
    expect(log).toMatch(/\tERROR\tInvoke Error \t\{"errorType":"TypeError","errorMessage":"sync"/);
  });

  test.each([
    ['reject', 'RangeError', 'async'],
    ['class', 'Refused', 'custom'],
  ])('by %s has its own type', async (how, errorType, errorMessage) => {
    const { functionError, payload } = await functions.invoke('throws', { how });
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType, errorMessage });
  });

  test('that is a text has the type string and an empty trace', async () => {
    const { payload } = await functions.invoke('throws', { how: 'text' });
    expect(payload).toEqual({ errorType: 'string', errorMessage: 'only text', trace: [] });
  });

  test('that nobody handles is Runtime.UnhandledPromiseRejection', async () => {
    const { payload } = await functions.invoke('throws', { how: 'unhandled' });
    expect(payload).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: nobody waits',
    });
  });

  test('does not hide that undefined is null', async () => {
    expect((await functions.invoke('throws', { how: 'undefined' })).payload).toBeNull();
  });
});

describe('a Node module that cannot be loaded', () => {
  test.each([
    ['syntax', 'index.handler', 'export const = 1;', 'Runtime.UserCodeSyntaxError'],
    ['module', 'nowhere.handler', source, 'Runtime.ImportModuleError'],
    ['handler', 'index.nothing', source, 'Runtime.HandlerNotFound'],
    ['name', 'index', source, 'Runtime.MalformedHandlerName'],
  ])('for its %s says so in every answer', async (kind, Handler, text, errorType) => {
    await functions.create(`load-${kind}`, 'nodejs22.x', { 'index.mjs': text }, { Handler });
    const { functionError, payload } = await functions.invoke(`load-${kind}`);
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType });
    await expect
      .poll(() => functions.logOf(`load-${kind}`))
      .toMatch(
        new RegExp(
          `INIT_REPORT Init Duration: [\\d.]+ ms\\tPhase: init\\tStatus: error\\tError Type: ${errorType}`,
        ),
      );
  });
});

describe('callback handlers', () => {
  const callback = `exports.handler = (event, context, callback) => callback(event.fail ? new Error('called back') : null, 'done');`;

  test.each(['nodejs20.x', 'nodejs22.x'] as const)('answer and fail on %s', async (runtime) => {
    const name = `callback-${runtime.slice(6, 8)}`;
    await functions.create(name, runtime, { 'index.js': callback });
    expect((await functions.invoke(name)).payload).toBe('done');
    const { functionError, payload } = await functions.invoke(name, { fail: true });
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'Error', errorMessage: 'called back' });
  });

  test.each(['nodejs24.x', 'nodejs26.x'] as const)('are refused on %s', async (runtime) => {
    const name = `callback-${runtime.slice(6, 8)}`;
    await functions.create(name, runtime, { 'index.js': callback });
    expect((await functions.invoke(name)).payload).toMatchObject({
      errorType: 'Runtime.CallbackHandlerDeprecated',
    });
  });
});
