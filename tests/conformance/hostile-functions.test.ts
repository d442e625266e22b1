/**
 * What hostile functions get, in each language, through the public API. The numbers are those of
 * docs/reference/hostile-cases.md; the acts are those of testkit's `hostile.mjs` and `hostile.py`.
 */
import { randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DeleteFunctionCommand,
  InvokeCommand,
  PublishLayerVersionCommand,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  openFunctions,
  type Functions,
  type Invoked,
} from '../../packages/testkit/src/open-functions.ts';
import { repository } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

let functions: Functions;
let port: number;
let layer: string;

const worldWritable = { content: 'as uploaded', mode: 0o100_666 };

beforeAll(async () => {
  functions = await openFunctions();
  port = Number(new URL(functions.server.endpoint).port);
  const ZipFile = await zipOf({ 'open.txt': worldWritable });
  const published = await functions.lambda.send(
    new PublishLayerVersionCommand({ LayerName: 'open', Content: { ZipFile } }),
  );
  layer = published.LayerVersionArn ?? '';
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

/** Processes of this machine that were started with these arguments. */
async function processesWith(...argv: readonly string[]): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
  );
  return commands.filter((command) => command === `${argv.join('\0')}\0`).length;
}

/** A number of seconds that no other `sleep` of this machine has. */
const uniqueSeconds = (): string => `97${randomInt(2 ** 31)}`;

/** Whatever it takes to say that nobody got there. */
const noWay = expect.stringMatching(
  /^(ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|EACCES|ENOENT|timeout)$/,
);

describe.each([
  { language: 'Node', runtime: 'nodejs22.x', source: 'nodejs-esm/hostile.mjs' },
  { language: 'Python', runtime: 'python3.11', source: 'python/hostile.py' },
] as const)('a hostile $language function', ({ runtime, source }) => {
  const named = (name: string): string => `${runtime.replace('.', '-')}-${name}`;

  async function create(
    name: string,
    settings: Partial<CreateFunctionCommandInput> = {},
  ): Promise<void> {
    const file = path.join(repository, 'packages/testkit/src/functions', source);
    const files = {
      [path.basename(source)]: await readFile(file, 'utf8'),
      'open.txt': worldWritable,
    };
    const usual = { Handler: 'hostile.handler', Timeout: 60 };
    await functions.create(named(name), runtime, files, { ...usual, ...settings });
  }

  const act = (name: string, kind: string, rest: object = {}): Promise<Invoked> =>
    functions.invoke(named(name), { act: kind, ...rest });

  /** Its answer, which must be no error. */
  async function answerOf(name: string, kind: string, rest: object = {}): Promise<unknown> {
    const { payload, functionError } = await act(name, kind, rest);
    expect({ functionError, payload }).toEqual({ functionError: undefined, payload });
    return payload;
  }

  async function stillWorks(name: string): Promise<void> {
    expect(await answerOf(name, 'echo', { value: 'fine' })).toBe('fine');
  }

  const exited = ({ requestId }: Invoked, how: string): object => ({
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited ${how}`,
  });

  const timedOut = ({ requestId }: Invoked, after: string): object => ({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${after} seconds`,
  });

  /** The other tests run while it takes its twelve seconds. */
  let slow: Promise<Invoked>;
  const slowInit = { AT_INIT: JSON.stringify({ act: 'pause', ms: 600_000 }) };

  beforeAll(async () => {
    await Promise.all([
      create('usual', { Layers: [layer] }),
      create('neighbour'),
      create('hasty', { Timeout: 4 }),
      create('large', { MemorySize: 1024 }),
      // Hundreds of processes take their time beside the rest of the suite.
      create('bomb', { MemorySize: 1024, Timeout: 300 }),
      create('slow', { Environment: { Variables: slowInit }, Timeout: 2 }),
    ]);
    slow = act('slow', 'echo');
    // The test that waits for it tells of it.
    slow.catch(() => {});
  });

  test('1: that blocks for ever is ended at its time', async () => {
    const blocked = await act('hasty', 'block');
    expect(blocked).toMatchObject({ status: 200, functionError: 'Unhandled' });
    expect(blocked.payload).toEqual(timedOut(blocked, '4.00'));
    await stillWorks('hasty');
  });

  test('3: that forks without end is stopped by the limit, beside others that go on', async () => {
    const bomb = answerOf('bomb', 'fork-bomb');
    await stillWorks('neighbour');
    const { code, started } = (await bomb) as { code: string; started: number };
    expect(code).toBe('EAGAIN');
    expect(started).toBeLessThan(1024);
    expect(started).toBeGreaterThan(500);
  });

  test('4: that takes more memory than it has is killed, alone', async () => {
    const neighbour = answerOf('neighbour', 'pause', { ms: 1000 });
    const eaten = await act('usual', 'eat');
    expect(eaten.payload).toEqual(exited(eaten, 'with error: signal: killed'));
    expect(eaten.log).toMatch(/Max Memory Used: 12\d MB\t.*Error Type: Runtime\.OutOfMemory/);
    expect(await neighbour).toBe('paused');
    await stillWorks('usual');
  });

  test('5, 6: that writes without end fills its own /tmp, which is no memory, and nothing else', async () => {
    const filled = await answerOf('usual', 'fill', { file: '/tmp/file', mib: 600 });
    expect(filled).toMatchObject({ code: 'ENOSPC' });
    expect((filled as { written: number }).written).toBeGreaterThan(480);
    for (const file of ['/dev/shm/file', '/run/file', '/var/tmp/file', '/home/file', '/file']) {
      const code = await answerOf('usual', 'fill', { file, mib: 1 });
      expect(code, file).toMatch(/^(EROFS|ENOENT|EACCES)$/);
    }
  });

  test('7: that opens without end has fewer than 1,024 descriptors', async () => {
    const { code, opened } = (await answerOf('usual', 'descriptors')) as Record<string, unknown>;
    expect(code).toBe('EMFILE');
    expect(opened).toBeLessThan(1024);
    expect(opened).toBeGreaterThan(900);
  });

  test('8: that floods its log, in one line and in many, answers nonetheless', async () => {
    const flooded = await act('usual', 'flood', { mib: 100 });
    expect(flooded.payload).toBe('flooded');
    expect(flooded.log).toMatch(/\[hearth\] \d+ bytes of output dropped/);
    expect(flooded.log).toMatch(/REPORT RequestId: /);
    await stillWorks('usual');
  });

  test("9: that forges the platform's lines has printed them, and no more", async () => {
    const id = '00000000-0000-0000-0000-000000000000';
    const lines = [
      `END RequestId: ${id}`,
      `REPORT RequestId: ${id}\tDuration: 0.01 ms\tBilled Duration: 1 ms`,
      `START RequestId: ${id} Version: 7`,
      '{"type":"platform.report","record":{"status":"success"}}',
    ];
    const { payload, log, requestId } = await act('usual', 'forge', { lines });
    expect(payload).toBe('forged');
    expect(log.match(new RegExp(`REPORT RequestId: ${requestId}`, 'g'))).toHaveLength(1);
    for (const line of lines) expect(log).toContain(line);
    expect(log.trimEnd().split('\n').at(-1)).toContain(`REPORT RequestId: ${requestId}`);
  });

  test.each([6_291_557, 100 * 1024 * 1024])(
    '10: that answers %d bytes is answered with its refusal',
    async (size) => {
      const { payload, functionError } = await act('large', 'answer', { size });
      expect(functionError).toBe('Unhandled');
      expect(payload).toMatchObject({
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: expect.stringContaining('maximum allowed payload size (6291556 bytes)'),
      });
      await stillWorks('large');
    },
  );

  test('13: that is sent odd JSON gets it, or fails alone', async () => {
    const odd = ['\0', '\ud800', 'ü', { '': [] }, -0.5, null];
    expect(await answerOf('usual', 'echo', { value: odd })).toEqual(odd);
    const depth = 1_000_000;
    const Payload = `{"act":"echo","value":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const FunctionName = named('usual');
    const deep = await functions.lambda.send(new InvokeCommand({ FunctionName, Payload }));
    expect(deep).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    await stillWorks('usual');
  });

  test('15: that answers for another, or twice, is refused, and only it is answered', async () => {
    const other = functions.invoke(named('neighbour'), { act: 'pause', ms: 1500 });
    const foreign = '11111111-2222-3333-4444-555555555555';
    expect(await answerOf('usual', 'answer-for', { id: foreign })).toEqual([
      400,
      'InvalidRequestID',
    ]);
    expect((await other).payload).toBe('paused');
    // The first answer of the two is the invocation's; what the handler returns comes too late.
    expect((await act('usual', 'answer-twice')).payload).toBe('first');
    await stillWorks('usual');
  });

  test('16: that asks for a second event in the middle of one is refused', async () => {
    expect(await answerOf('usual', 'next-again')).toEqual([403, 'InvalidStateTransition']);
  });

  test('17: that answers after its time answers nobody', async () => {
    const late = await act('hasty', 'answer-late');
    expect(late.payload).toEqual(timedOut(late, '4.00'));
    for (let each = 0; each < 4; each += 1) {
      expect(await answerOf('hasty', 'echo', { value: each })).toBe(each);
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  });

  test.each([
    ['exit', { status: 0 }, 'without providing a reason'],
    ['exit', { status: 3 }, 'with error: exit status 3'],
    ['signal', { name: 'SIGSEGV' }, 'with error: signal: segmentation fault'],
    ['signal', { name: 'SIGKILL' }, 'with error: signal: killed'],
  ])('18: that ends by %s %j is told so, in an invocation and in init', async (kind, rest, how) => {
    const ended = await act('usual', kind, rest);
    expect(ended.payload).toEqual(exited(ended, how));
    await stillWorks('usual');
    const name = `ends-${Object.values(rest).join('').toLowerCase()}`;
    const Variables = { AT_INIT: JSON.stringify({ act: kind, ...rest }) };
    await create(name, { Environment: { Variables } });
    const [first, second] = [await act(name, 'echo'), await act(name, 'echo')];
    expect(first.payload).toEqual(exited(first, how));
    expect(second.payload).toEqual(exited(second, how));
  });

  test('19: whose init takes more than 10 seconds does it again in the invocation, against its time', async () => {
    const answer = await slow;
    expect(answer.payload).toEqual(timedOut(answer, '2.00'));
    expect(await functions.logOf(named('slow'))).toMatch(
      /INIT_REPORT Init Duration: 1\d{4}\.\d\d ms\tPhase: init\tStatus: timeout/,
    );
  });

  test('20, 21: that leaves a daemon, and neither heeds SIGTERM, goes with it', async () => {
    await create('daemon');
    const seconds = uniqueSeconds();
    expect(await answerOf('daemon', 'daemon', { seconds })).toBe(0);
    expect(await processesWith('sleep', seconds)).toBe(1);
    const deleted = new DeleteFunctionCommand({ FunctionName: named('daemon') });
    await functions.lambda.send(deleted);
    await expect.poll(() => processesWith('sleep', seconds), { timeout: 30_000 }).toBe(0);
  });

  test('26: that looks for secrets of the machine finds none', async () => {
    const found = (await answerOf('neighbour', 'secrets')) as Record<string, unknown>;
    expect(found['files']).toEqual(
      ['/proc/kcore', '/proc/keys', '/proc/kallsyms', '/proc/timer_list', '/etc/shadow'].map(
        (file) => [file, 'nothing'],
      ),
    );
    expect(found['sys']).toBe('ENOENT');
    expect(found['processes']).toBeLessThan(6);
    expect(found['parent']).not.toContain('HEARTH');
  });

  test('27: that connects to the machine, its neighbours or the metadata service does not get there', async () => {
    const listening = String(await answerOf('neighbour', 'listen'));
    const addresses = [
      '169.254.169.254:80',
      `127.0.0.1:${port}`,
      `127.0.0.1:${listening}`,
      `169.254.100.1:${listening}`,
      '169.254.100.2:9001',
      '10.0.0.1:80',
      '192.168.0.1:80',
      '/var/run/docker.sock',
      '/run/containerd/containerd.sock',
    ];
    expect(await answerOf('usual', 'reach', { addresses })).toEqual(
      Object.fromEntries(addresses.map((address) => [address, noWay])),
    );
  });

  test('29: that makes namespaces or mounts is refused', async () => {
    const commands = await answerOf('usual', 'escape');
    expect(commands).toEqual(
      ['unshare -Ur true', 'unshare -n true', 'mount -t tmpfs x /tmp', 'umount /tmp'].map(
        (command) => [command, 'refused'],
      ),
    );
  });

  test.each([
    ['test', 'test'],
    ['AKIAIOSFODNN7EXAMPLE', 'test'],
  ])("45: that signs with the server's key, or a root's (%s), is refused", async (key, secret) => {
    const keys = { accessKeyId: key, secretAccessKey: secret };
    expect(await answerOf('large', 'sign-with', keys)).toEqual(['InvalidClientTokenId', 403]);
  });

  test.each(['/var/task', '/opt'])(
    '46: that writes to what everybody may write in %s cannot',
    async (folder) => {
      const refused = Array.from({ length: 4 }, () => 'EROFS');
      const became = await answerOf('usual', 'overwrite', { folder });
      expect(became).toEqual([...refused, 'as uploaded']);
    },
  );

  if (runtime !== 'python3.11') return;

  test('28: has no raw sockets, and none of a kind that could spoof', async () => {
    const refused = ['EPERM', 'EPERM', ...Array.from({ length: 4 }, () => 'EAFNOSUPPORT')];
    expect(await answerOf('usual', 'raw-sockets')).toEqual(refused);
  });

  test('29: makes none of the system calls that lead out', async () => {
    const isX64 = process.arch === 'x64';
    // unshare(NEWUSER), setns, mount, ptrace, bpf, io_uring_setup, userfaultfd, keyctl, clone3
    const calls = isX64
      ? [[272, 0x10000000], [308], [165], [101], [321], [425, 1], [323], [250], [435]]
      : [[97, 0x10000000], [268], [40], [117], [280], [425, 1], [282], [219], [435]];
    const became = (await answerOf('usual', 'system-calls', { calls })) as string[];
    expect(became).toHaveLength(calls.length);
    for (const code of became) expect(code).toMatch(/^(EPERM|ENOSYS)$/);
  });
});
