/** What a function sees from inside its sandbox, and what it cannot reach from there. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

const region = 'eu-west-1';

const nodeProbe = `import fs from 'node:fs';
import net from 'node:net';
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

const attempt = (act) => { try { return act() ?? 'done'; } catch (error) { return error.code; } };
const connect = ([host, port]) => new Promise((resolve) => {
  const socket = net.connect({ host, port, timeout: 1500 });
  const end = (how) => { socket.destroy(); resolve(how); };
  socket.once('connect', () => end('connected'));
  socket.once('error', (error) => end(error.code));
  socket.once('timeout', () => end('timeout'));
});
const acts = {
  variables: () => process.env,
  place: () => ({ cwd: process.cwd(), uid: process.getuid(), gid: process.getgid(),
    groups: process.getgroups().length, offset: new Date().getTimezoneOffset(),
    status: fs.readFileSync('/proc/self/status', 'utf8'),
    processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
      .map((pid) => fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0').join(' ')) }),
  files: () => ({
    create: attempt(() => fs.writeFileSync('/var/task/new', 'x')),
    open: attempt(() => fs.writeFileSync('/var/task/open.txt', 'x')),
    remove: attempt(() => fs.unlinkSync('/var/task/open.txt')),
    mode: attempt(() => fs.chmodSync('/var/task/open.txt', 0o777)),
    kept: fs.readFileSync('/var/task/open.txt', 'utf8'),
    runtime: attempt(() => fs.writeFileSync('/var/runtime/new', 'x')),
    root: attempt(() => fs.writeFileSync('/new', 'x')),
    tmp: attempt(() => { fs.writeFileSync('/tmp/new', 'x'); return fs.readFileSync('/tmp/new', 'utf8'); }),
  }),
  fill: () => {
    const file = fs.openSync('/tmp/large', 'w');
    const piece = Buffer.alloc(1 << 20, 7);
    let written = 0;
    const code = attempt(() => { while (written < 600) { fs.writeSync(file, piece); written += 1; } });
    fs.closeSync(file);
    fs.unlinkSync('/tmp/large');
    return { code, written };
  },
  reach: async ({ targets }) => Object.fromEntries(
    await Promise.all(targets.map(async (each) => [each.join(':'), await connect(each)]))),
  listen: () => new Promise((resolve, reject) => {
    const server = net.createServer(() => {}).listen(0, '0.0.0.0', () => resolve(server.address().port));
    server.once('error', reject);
  }),
  descriptors: () => {
    let opened = 0;
    const code = attempt(() => { for (;;) { fs.openSync('/dev/null', 'r'); opened += 1; } });
    return { code, opened };
  },
  forks: async () => {
    spawn('/bin/sh', ['-c', 'bomb() { bomb | bomb & }; bomb'], { stdio: 'ignore' }).on('error', () => {});
    await wait(30_000);
  },
  echo: (event) => event.text,
};
export const handler = async (event, context) =>
  event.how === 'context'
    ? { ...context, remaining: context.getRemainingTimeInMillis() }
    : acts[event.how](event);
`;

const pythonProbe = `def handler(event, context):
    shown = {name: value for name, value in vars(context).items() if not name.startswith("_")}
    shown["identity"] = str(context.identity)
    shown["client_context"] = context.client_context.custom
    shown["remaining"] = context.get_remaining_time_in_millis()
    return shown
`;

let functions: Functions;
let port: number;

beforeAll(async () => {
  functions = await openFunctions();
  port = Number(new URL(functions.server.endpoint).port);
  const files = {
    'index.mjs': nodeProbe,
    'open.txt': { content: 'as uploaded', mode: 0o100_666 },
  };
  const python = { 'index.py': pythonProbe };
  await Promise.all([
    functions.create('probe', 'nodejs22.x', files, {
      Environment: { Variables: { MOOD: 'good', LANG: 'C.UTF-8' } },
      Timeout: 30,
    }),
    functions.create('other', 'nodejs22.x', files),
    functions.create('hostile', 'nodejs22.x', files, { Timeout: 4 }),
    functions.create('snake', 'python3.11', python, { MemorySize: 256 }),
  ]);
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

const probe = async (event: object, name = 'probe'): Promise<Record<string, unknown>> => {
  const { functionError, payload } = await functions.invoke(name, event);
  expect({ functionError, payload }).toMatchObject({ functionError: undefined });
  return payload as Record<string, unknown>;
};

describe('a function finds', () => {
  test('exactly the variables that AWS gives it, and its own', async () => {
    const trace =
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01](;Lineage=.*)?$/;
    expect(await probe({ how: 'variables' })).toEqual({
      MOOD: 'good',
      LANG: 'C.UTF-8',
      TZ: ':UTC',
      PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
      LD_LIBRARY_PATH:
        '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib',
      NODE_PATH:
        '/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task',
      _HANDLER: 'index.handler',
      _X_AMZN_TRACE_ID: expect.stringMatching(trace),
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA[A-Z0-9]{16}$/),
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^\S{40}$/),
      AWS_SESSION_TOKEN: expect.stringMatching(/^\S{100,}$/),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      AWS_LAMBDA_FUNCTION_NAME: 'probe',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/probe',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(
        /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
      ),
      AWS_LAMBDA_METADATA_API: '169.254.100.1:9001',
      AWS_LAMBDA_METADATA_TOKEN: expect.stringMatching(/^[0-9a-f]{64}$/),
      AWS_LAMBDA_RUNTIME_API: '169.254.100.1:9001',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_XRAY_DAEMON_ADDRESS: '169.254.100.1:2000',
      _AWS_XRAY_DAEMON_ADDRESS: '169.254.100.1',
      _AWS_XRAY_DAEMON_PORT: '2000',
      LAMBDA_TASK_ROOT: '/var/task',
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      // As dumps of AWS's functions show it, although no list of AWS names it.
      PWD: '/var/task',
      // Ours, not AWS's: it is how the SDKs find this server.
      AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/169\.254\.100\.1:\d+$/),
    });
  });

  test('no reserved variable changed, as that is refused', async () => {
    const Variables = { AWS_REGION: 'us-east-1', LAMBDA_TASK_ROOT: '/', FINE: 'yes' };
    const refused = functions.create('reserved', 'nodejs22.x', {}, { Environment: { Variables } });
    await expect(refused).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message:
        'Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test.each([
    ['probe', '128', ['functionName', 'functionVersion', 'memoryLimitInMB', 'logGroupName']],
    ['snake', '256', ['function_name', 'function_version', 'memory_limit_in_mb', 'log_group_name']],
  ] as const)('its context, as %s', async (name, memory, names) => {
    const ClientContext = Buffer.from('{"custom":{"a":"b"}}').toString('base64');
    const answer = await functions.lambda.send(
      new InvokeCommand({ FunctionName: name, ClientContext, Payload: '{"how":"context"}' }),
    );
    const context = JSON.parse(answer.Payload?.transformToString() ?? '') as Record<
      string,
      unknown
    >;
    expect(names.map((each) => context[each])).toEqual([
      name,
      '$LATEST',
      memory,
      `/aws/lambda/${name}`,
    ]);
    const inName = (camel: string, snake: string): unknown => context[camel] ?? context[snake];
    expect(inName('logStreamName', 'log_stream_name')).toMatch(/\/\[\$LATEST\][0-9a-f]{32}$/);
    expect(inName('awsRequestId', 'aws_request_id')).toBe(answer.$metadata.requestId);
    expect(inName('invokedFunctionArn', 'invoked_function_arn')).toBe(
      `arn:aws:lambda:${region}:000000000000:function:${name}`,
    );
    // Node's is the whole of what was sent; Python's probe shows the custom part.
    const client: object = context['clientContext'] ?? { custom: context['client_context'] };
    expect(client).toMatchObject({ custom: { a: 'b' } });
    const timeoutMs = name === 'probe' ? 30_000 : 10_000;
    expect(context['remaining']).toBeLessThanOrEqual(timeoutMs);
    expect(context['remaining']).toBeGreaterThan(0);
  });

  test('itself in /var/task as nobody special, in UTC, without capabilities, alone', async () => {
    const place = await probe({ how: 'place' });
    expect(place).toMatchObject({ cwd: '/var/task', offset: 0, groups: expect.any(Number) });
    expect(place['uid']).not.toBe(0);
    expect(place['gid']).not.toBe(0);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(place['status']).toMatch(new RegExp(`^${set}:\\t0{16}$`, 'm'));
    }
    expect(place['status']).toMatch(/^NoNewPrivs:\t1$/m);
    expect(place['status']).toMatch(/^Seccomp:\t2$/m);
    // The sandbox's init, and the runtime.
    const processes = place['processes'] as string[];
    expect(processes.length).toBeLessThanOrEqual(2);
    expect(processes.some((each) => each.includes('/var/runtime/index.cjs'))).toBe(true);
  });

  test('its code and the system read-only, and /tmp its own', async () => {
    expect(await probe({ how: 'files' })).toEqual({
      create: 'EROFS',
      open: 'EROFS',
      remove: 'EROFS',
      mode: 'EROFS',
      kept: 'as uploaded',
      runtime: 'EROFS',
      root: 'EROFS',
      tmp: 'x',
    });
  });

  test('a /tmp of 512 MB that is not taken from its 128 MB of memory', async () => {
    const { code, written } = await probe({ how: 'fill' });
    expect(code).toBe('ENOSPC');
    // The file system's own tables take a little.
    expect(written).toBeGreaterThan(480);
    expect(written).toBeLessThanOrEqual(512);
  });
});

describe('a function does not reach', () => {
  test('the metadata service, the host, the network, or another sandbox', async () => {
    const listening = (await probe({ how: 'listen' }, 'other')) as unknown as number;
    const targets: readonly (readonly [string, number])[] = [
      ['169.254.169.254', 80],
      ['127.0.0.1', port],
      ['169.254.100.1', port],
      ['127.0.0.1', listening],
      ['169.254.100.1', listening],
      ['10.0.0.1', 80],
    ];
    const reached = await probe({ how: 'reach', targets });
    expect(Object.keys(reached)).toHaveLength(targets.length);
    for (const how of Object.values(reached)) {
      expect(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'timeout']).toContain(how);
    }
  });

  test('others by exhausting its processes or descriptors', async () => {
    const { code, opened } = await probe({ how: 'descriptors' }, 'hostile');
    expect(code).toBe('EMFILE');
    expect(opened).toBeLessThan(1024);
    const bomb = functions.invoke('hostile', { how: 'forks' });
    for (let call = 0; call < 5; call += 1) {
      expect(await probe({ how: 'echo', text: `call ${call}` }, 'other')).toBe(`call ${call}`);
    }
    expect((await bomb).functionError).toBe('Unhandled');
    expect(await probe({ how: 'echo', text: 'again' }, 'hostile')).toBe('again');
  });
});
