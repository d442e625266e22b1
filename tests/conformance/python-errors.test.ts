/** How a Python function fails and logs, as its caller and its log see it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

let functions: Functions;

const source = `import ctypes
import logging
import os
import sys

logger = logging.getLogger()
logger.setLevel(logging.INFO)

class OrderRefused(Exception):
    pass

def find(event):
    raise KeyError(event["key"])

def handler(event, context):
    how = event.get("how")
    if how == "throw":
        find(event)
    if how == "custom":
        raise OrderRefused("no such order")
    if how == "cause":
        try:
            find(event)
        except KeyError as error:
            raise OrderRefused("because") from error
    if how == "set":
        return {"all": {1, 2}}
    if how == "exit":
        sys.exit(event["status"])
    if how == "hard exit":
        os._exit(event["status"])
    if how == "crash":
        ctypes.string_at(0)
    if how == "log":
        print("printed", event["text"])
        print("on stderr", file=sys.stderr)
        logger.info("logged %s", event["text"])
        logger.debug("below the level")
        logger.getChild("shop").warning("careful", extra={"order": 7})
    return None
`;

beforeAll(async () => {
  functions = await openFunctions();
  const files = { 'index.py': source };
  await functions.create('throws', 'python3.11', files);
  await functions.create('json', 'python3.11', files, { LoggingConfig: { LogFormat: 'JSON' } });
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

const report = (end: string): RegExp =>
  new RegExp(
    `END RequestId: ([0-9a-f-]{36})\\nREPORT RequestId: \\1\\tDuration: [\\d.]+ ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: \\d+ MB\\t(Init Duration: [\\d.]+ ms\\t)?${end}`,
  );

describe('an error of a Python handler', () => {
  test('is answered with status 200, Unhandled and its exact stack', async () => {
    const event = { how: 'throw', key: 'order' };
    const { status, functionError, payload, log, requestId } = await functions.invoke(
      'throws',
      event,
    );
    expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
    expect(payload).toEqual({
      errorMessage: "'order'",
      errorType: 'KeyError',
      requestId,
      stackTrace: [
        '  File "/var/task/index.py", line 18, in handler\n    find(event)\n',
        '  File "/var/task/index.py", line 13, in find\n    raise KeyError(event["key"])\n',
      ],
    });
    // AWS keeps the indentation of these lines with no-break spaces.
    const lines = [
      "[ERROR] KeyError: 'order'",
      'Traceback (most recent call last):',
      '\u00a0\u00a0File "/var/task/index.py", line 18, in handler',
      '\u00a0\u00a0\u00a0\u00a0find(event)',
      '\u00a0\u00a0File "/var/task/index.py", line 13, in find',
      '\u00a0\u00a0\u00a0\u00a0raise KeyError(event["key"])\n',
    ].join('\n');
    expect(log).toContain(lines);
    // As one event: `logOf` puts an empty line between two.
    await expect
      .poll(() => functions.logOf('throws'), { timeout: 10_000 })
      .toContain(`\n\n${lines}\nEND `);
    // An error that the runtime itself reports leaves the environment alive.
    expect(log).toMatch(report('(?!Status)'));
  });

  test.each([
    ['custom', 'no such order', 1],
    ['cause', 'because', 1],
  ])('of a class of its own (%s) has its name', async (how, errorMessage, frames) => {
    const { functionError, payload } = await functions.invoke('throws', { how, key: 'k' });
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'OrderRefused', errorMessage });
    expect((payload as { stackTrace: string[] }).stackTrace).toHaveLength(frames);
  });

  test('that is a result without JSON form is Runtime.MarshalError', async () => {
    const { functionError, payload, requestId } = await functions.invoke('throws', { how: 'set' });
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorMessage: 'Unable to marshal response: Object of type set is not JSON serializable',
      errorType: 'Runtime.MarshalError',
      requestId,
      stackTrace: [],
    });
  });

  test.each([
    [{ how: 'exit', status: 0 }, 'Runtime exited without providing a reason'],
    [{ how: 'exit', status: 3 }, 'Runtime exited with error: exit status 3'],
    [{ how: 'hard exit', status: 42 }, 'Runtime exited with error: exit status 42'],
    [{ how: 'crash' }, 'Runtime exited with error: signal: segmentation fault'],
  ])('that ends its process by %j is told how', async (event, sentence) => {
    const { functionError, payload, log, requestId } = await functions.invoke('throws', event);
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: ${sentence}`,
    });
    expect(log).toMatch(report('Status: error\\tError Type: Runtime.ExitError'));
    expect(log).not.toMatch(/Segmentation fault|Killed/);
    expect((await functions.invoke('throws')).payload).toBeNull();
  });
});

describe('a Python module that cannot be loaded', () => {
  const importError = (name: string): string =>
    `Unable to import module '${name}': No module named '${name}'`;

  test.each([
    ['module', 'nowhere.handler', source, 'ImportModuleError', importError('nowhere')],
    [
      'dependency',
      'index.handler',
      'import absent_library',
      'ImportModuleError',
      "Unable to import module 'index': No module named 'absent_library'",
    ],
    [
      'handler',
      'index.nothing',
      source,
      'HandlerNotFound',
      "Handler 'nothing' missing on module 'index'",
    ],
    [
      'name',
      'index',
      source,
      'MalformedHandlerName',
      "Bad handler 'index': not enough values to unpack (expected 2, got 1)",
    ],
    [
      'syntax',
      'index.handler',
      'def handler(event, context)\n    return 1\n',
      'UserCodeSyntaxError',
      "Syntax error in module 'index': expected ':' (index.py, line 1)",
    ],
  ])('for its %s says so in every answer', async (kind, Handler, text, type, errorMessage) => {
    const name = `load-${kind}`;
    await functions.create(name, 'python3.11', { 'index.py': text }, { Handler });
    const stackTrace =
      kind === 'syntax'
        ? ['  File "/var/task/index.py" Line 1\n    def handler(event, context)\n']
        : [];
    for (let call = 0; call < 2; call += 1) {
      const { status, functionError, payload } = await functions.invoke(name);
      expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
      // An error of init is no invocation's: AWS's runtime leaves the request id empty.
      expect(payload).toEqual({
        errorMessage,
        errorType: `Runtime.${type}`,
        requestId: '',
        stackTrace,
      });
    }
    await expect
      .poll(() => functions.logOf(name), { timeout: 10_000 })
      .toMatch(
        new RegExp(
          `INIT_REPORT Init Duration: [\\d.]+ ms\\tPhase: init\\tStatus: error\\tError Type: Runtime.${type}`,
        ),
      );
    expect(await functions.logOf(name)).toContain(
      `[ERROR] Runtime.${type}: ${errorMessage}\nTraceback (most recent call last):\n`,
    );
  });

  test('for an error of its own has that type and the line', async () => {
    const text = 'settings = {}\nsettings["absent"]\n';
    await functions.create('load-raise', 'python3.11', { 'index.py': text });
    const { functionError, payload } = await functions.invoke('load-raise');
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'KeyError',
      errorMessage: "'absent'",
      stackTrace: expect.arrayContaining([
        '  File "/var/task/index.py", line 2, in <module>\n    settings["absent"]\n',
      ]) as string[],
    });
  });
});

describe('what a Python function logs', () => {
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

  test('is as printed, and as logging formats it, in the text format', async () => {
    const { log, requestId } = await functions.invoke('throws', { how: 'log', text: 'Grüße' });
    // The two streams are two pipes: no order between them is promised.
    expect(log).toMatch(/^printed Grüße$/m);
    expect(log).toMatch(/^on stderr$/m);
    expect(log).toMatch(new RegExp(`^\\[INFO\\]\\t${time}\\t${requestId}\\tlogged Grüße$`, 'm'));
    expect(log).toMatch(new RegExp(`^\\[WARNING\\]\\t${time}\\t${requestId}\\tcareful$`, 'm'));
    expect(log).not.toContain('below the level');
  });

  test('is objects in the JSON format, of the platform as well', async () => {
    const { log, requestId } = await functions.invoke('json', { how: 'log', text: 'text' });
    const records = log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const timestamp = expect.stringMatching(new RegExp(`^${time}$`)) as string;
    expect(records).toContainEqual({
      timestamp,
      level: 'INFO',
      message: 'logged text',
      logger: 'root',
      requestId,
    });
    expect(records).toContainEqual({
      timestamp,
      level: 'WARNING',
      message: 'careful',
      logger: 'shop',
      order: 7,
      requestId,
    });
    expect(records).toContainEqual({
      time: timestamp,
      type: 'platform.start',
      record: expect.objectContaining({ requestId, version: '$LATEST' }),
    });
    expect(records).toContainEqual({
      time: timestamp,
      type: 'platform.report',
      record: expect.objectContaining({ requestId, status: 'success' }) as object,
    });
  });

  test('of an error is one object in the JSON format', async () => {
    const event = { how: 'custom' };
    const { log, requestId } = await functions.invoke('json', event);
    const line = log.split('\n').find((each) => each.includes('"ERROR"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'ERROR',
      errorType: 'OrderRefused',
      errorMessage: 'no such order',
      requestId,
      stackTrace: [expect.stringContaining('raise OrderRefused("no such order")')],
    });
  });
});
