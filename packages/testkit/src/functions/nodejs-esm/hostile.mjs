/**
 * Does to its sandbox what it is told to. `python/hostile.py` has the same acts with the same
 * answers, where the language has them.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

const MIB = 1 << 20;
const runtimeApi = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

/** What became of an act: its result, or the error's code. */
const attempt = (act) => {
  try {
    return act() ?? 'done';
  } catch (error) {
    return error.code;
  }
};

const connect = (address) =>
  new Promise((resolve) => {
    const colon = address.lastIndexOf(':');
    const target = address.startsWith('/')
      ? { path: address }
      : { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    const socket = net.connect({ ...target, timeout: 1500 });
    const end = (how) => {
      socket.destroy();
      resolve([address, how]);
    };
    socket.once('connect', () => end('connected'));
    socket.once('error', (error) => end(error.code));
    socket.once('timeout', () => end('timeout'));
  });

const post = async (path, body) => {
  const response = await fetch(`${runtimeApi}/${path}`, { method: 'POST', body });
  return [response.status, (await response.json()).errorType];
};

const fill = (file, mib) => {
  const opened = fs.openSync(file, 'w');
  const piece = Buffer.alloc(MIB, 7);
  let written = 0;
  const code = attempt(() => {
    for (; written < mib; written += 1) fs.writeSync(opened, piece);
  });
  fs.closeSync(opened);
  fs.rmSync(file);
  return { code, written };
};

const acts = {
  echo: ({ value }) => value,
  block: () => {
    for (;;);
  },
  pause: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, 'paused')),
  'fork-bomb': () =>
    new Promise((resolve) => {
      let started = 0;
      const next = () => {
        const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
        child.once('spawn', () => {
          started += 1;
          next();
        });
        child.once('error', (error) => resolve({ code: error.code, started }));
      };
      next();
    }),
  eat: () => {
    const kept = [];
    for (;;) kept.push(Buffer.alloc(8 * MIB, 1));
  },
  fill: ({ file, mib }) => attempt(() => fill(file, mib)),
  descriptors: () => {
    const opened = [];
    const code = attempt(() => {
      for (;;) opened.push(fs.openSync('/dev/null', 'r'));
    });
    for (const fd of opened) fs.closeSync(fd);
    return { code, opened: opened.length };
  },
  flood: ({ mib }) => {
    const line = `\u{1b}[31m${'x'.repeat(1018)}\n`;
    fs.writeSync(1, Buffer.alloc(mib * MIB, 'y'));
    for (let each = 0; each < mib * 1024; each += 1) fs.writeSync(1, line);
    return 'flooded';
  },
  forge: ({ lines }) => {
    for (const line of lines) console.log(line);
    return 'forged';
  },
  answer: ({ size }) => 'x'.repeat(size),
  'answer-for': ({ id }) => post(`invocation/${id}/response`, '"stolen"'),
  'answer-twice': async (_, { awsRequestId }) => {
    const path = `invocation/${awsRequestId}/response`;
    return [await post(path, '"first"'), await post(path, '"second"')];
  },
  'next-again': async () => {
    const response = await fetch(`${runtimeApi}/invocation/next`);
    return [response.status, (await response.json()).errorType];
  },
  'answer-late': async (_, { awsRequestId, getRemainingTimeInMillis }) => {
    const url = `${runtimeApi}/invocation/${awsRequestId}/response`;
    const lateMs = getRemainingTimeInMillis() + 1_000;
    const script = `setTimeout(() => fetch('${url}', { method: 'POST', body: '"late"' }), ${lateMs})`;
    spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore' }).unref();
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  exit: ({ status }) => process.exit(status),
  signal: async ({ name }) => {
    process.kill(process.pid, name);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  daemon: ({ seconds }) => {
    process.on('SIGTERM', () => {});
    const isThere = 'until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done';
    const script = `trap "" TERM; setsid sleep ${seconds} & ${isThere}`;
    return spawnSync('/bin/sh', ['-c', script], { stdio: 'ignore' }).status;
  },
  secrets: () => ({
    files: ['/proc/kcore', '/proc/keys', '/proc/kallsyms', '/proc/timer_list', '/etc/shadow'].map(
      (file) => {
        const size = attempt(() => fs.readFileSync(file, 'latin1').length);
        return [file, typeof size === 'number' && size > 0 ? 'read' : 'nothing'];
      },
    ),
    sys: attempt(() => fs.readdirSync('/sys')),
    processes: fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
    parent: attempt(() => fs.readFileSync('/proc/1/environ', 'utf8')),
  }),
  reach: async ({ addresses }) => Object.fromEntries(await Promise.all(addresses.map(connect))),
  listen: () =>
    new Promise((resolve) => {
      const server = net
        .createServer(() => {})
        .listen(0, '0.0.0.0', () => {
          resolve(server.address().port);
        });
    }),
  escape: () =>
    ['unshare -Ur true', 'unshare -n true', 'mount -t tmpfs x /tmp', 'umount /tmp'].map(
      (command) => {
        const [program, ...args] = command.split(' ');
        const { status, error } = spawnSync(`/usr/bin/${program}`, args);
        return [command, error?.code ?? (status === 0 ? 'allowed' : 'refused')];
      },
    ),
  overwrite: ({ folder }) =>
    [
      () => fs.writeFileSync(`${folder}/open.txt`, 'x'),
      () => fs.writeFileSync(`${folder}/new.txt`, 'x'),
      () => fs.chmodSync(`${folder}/open.txt`, 0o600),
      () => fs.unlinkSync(`${folder}/open.txt`),
      () => fs.readFileSync(`${folder}/open.txt`, 'utf8'),
    ].map(attempt),
  'sign-with': async ({ accessKeyId, secretAccessKey }) => {
    const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
    const sts = new STSClient({ credentials: { accessKeyId, secretAccessKey } });
    const called = sts.send(new GetCallerIdentityCommand({}));
    return called.then(
      ({ Arn }) => Arn,
      (error) => [error.name, error.$metadata.httpStatusCode],
    );
  },
};

// What it does before it has a handler: to end, or to take its time.
const atInit = JSON.parse(process.env.AT_INIT ?? 'null');
if (atInit !== null) await acts[atInit.act](atInit);

export const handler = async (event, context) => acts[event.act](event, context);
