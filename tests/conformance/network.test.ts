/**
 * The network of functions. The internet is a network namespace of this test, and so is the machine
 * that the server runs on: nothing leaves the real one.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerNames } from '../../packages/testkit/src/answer-names.ts';
import {
  LAN_ADDRESS,
  MACHINE_ADDRESS,
  MACHINE_LAN_ADDRESS,
  openInternet,
  PUBLIC_ADDRESSES,
  ROUTER_ADDRESS,
  type Internet,
} from '../../packages/testkit/src/open-internet.ts';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';
import { leftoversOf } from '../../packages/testkit/src/leftovers.ts';
import { repository, startServer } from '../../packages/testkit/src/start-server.ts';
import { bindUdp, routeSocket } from '../../packages/server/src/sandbox/helper/syscalls.ts';
import { listFilters, loadRuleset } from '../../packages/server/src/sandbox/network/firewall.ts';
import { linkIndex } from '../../packages/server/src/sandbox/network/link-index.ts';
import { newRoute, perform } from '../../packages/server/src/sandbox/network/netlink.ts';
import { within } from '../../packages/server/src/sandbox/network/namespace.ts';

const [SITE, SECOND_SITE] = PUBLIC_ADDRESSES;
const NAME_SERVER = '127.0.0.53';
const UNREACHABLE = 'ENETUNREACH';

const parts = new AsyncDisposableStack();
let internet: Internet;
let site: { readonly server: Server; most: number };
let functions: Functions;

async function sources(): Promise<Readonly<Record<'node' | 'python', string>>> {
  const folder = path.join(repository, 'packages/testkit/src/functions');
  return {
    node: await readFile(path.join(folder, 'nodejs-esm/reaches.mjs'), 'utf8'),
    python: await readFile(path.join(folder, 'python/reaches.py'), 'utf8'),
  };
}

/** Listens on every network of the machine, and knows who came. */
async function startHostService(port: number, address = '0.0.0.0'): Promise<() => number> {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.on('error', () => {}).end('hello');
  });
  parts.defer(() => void server.close());
  await internet.machine.listen(address, port, server);
  return () => count;
}

async function open(...args: readonly string[]): Promise<Functions> {
  const opened = await openFunctions(['--network', 'public', ...args], internet);
  const { node, python } = await sources();
  const settings = { Timeout: 30, MemorySize: 256 };
  await opened.create('node', 'nodejs26.x', { 'index.mjs': node }, settings);
  await opened.create('other', 'nodejs26.x', { 'index.mjs': node }, settings);
  await opened.create('python', 'python3.11', { 'index.py': python }, settings);
  return opened;
}

const act = async (event: object, name = 'node', from = functions): Promise<unknown> => {
  const { functionError, payload } = await from.invoke(name, event);
  expect({ functionError, payload }).toMatchObject({ functionError: undefined });
  return payload;
};

/** Answers whom it thinks it talks to, and how many talk to it at once. */
function startSite(): typeof site {
  const started = {
    most: 0,
    server: createHttpServer((request, response) => {
      const from = request.socket.remoteAddress;
      response.end(JSON.stringify({ from, host: request.headers.host }));
    }),
  };
  parts.defer(() => void started.server.close());
  return started;
}

/** What the kernel remembers, of all that passes through. */
function connectionsOfMachine(): number {
  return within(internet.machine.namespaceFd, () =>
    Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8')),
  );
}

/** Processes of nft that run on the machine. */
async function holdersOfTables(): Promise<readonly number[]> {
  const own = within(internet.machine.namespaceFd, () => readlinkSync('/proc/thread-self/ns/net'));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => {
      try {
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        return name === 'nft' && readlinkSync(`/proc/${pid}/ns/net`) === own;
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function areAllFrozen(): Promise<boolean> {
  const answer = await fetch(new URL('/_hearth/health', functions.server.endpoint));
  const { invocations } = (await answer.json()) as {
    invocations: { environments: { idle: number; frozen: number; busy: number } };
  };
  const { idle, frozen, busy } = invocations.environments;
  return idle > 0 && idle === frozen && busy === 0;
}

beforeAll(async () => {
  internet = parts.use(await openInternet(NAME_SERVER));
  site = startSite();
  await internet.listen(SITE, 80, site.server);
  const { namespaceFd } = internet.machine;
  const names = parts.use(
    await answerNames(
      within(namespaceFd, () => bindUdp(NAME_SERVER, 53)),
      {
        'site.example': [SITE],
        'crowded.example': Array.from({ length: 60 }, (_, at) => `198.51.100.${at + 1}`),
        'inside.example': [LAN_ADDRESS],
      },
    ),
  );
  await internet.machine.listen(NAME_SERVER, 53, names.overTcp);
  // As Docker and ufw leave a machine.
  within(namespaceFd, () => {
    loadRuleset(
      'table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; }; }',
    );
  });
  functions = parts.use(await open());
});
afterAll(async () => {
  await parts.disposeAsync();
});

describe('a function reaches', () => {
  test.each(['node', 'python'])('the internet by address and by name, as %s', async (name) => {
    for (const host of [SITE, 'site.example']) {
      const seen = await act({ how: 'get', url: `http://${host}/` }, name);
      expect(seen).toEqual({ from: MACHINE_ADDRESS, host });
    }
  });

  test('names whose answers do not fit into a packet; others do not exist', async () => {
    const crowded = await act({ how: 'lookup', name: 'crowded.example' });
    expect(crowded).toMatchObject({ address: expect.stringMatching(/^198\.51\.100\./) });
    expect(await act({ how: 'lookup', name: 'nowhere.example' })).toBe('ENOTFOUND');
  });

  test('a site by 1,000 connections at the same time, with another function', async () => {
    const held = new Set<Socket>();
    let most = 0;
    const server = createServer((socket) => {
      held.add(socket);
      most = Math.max(most, held.size);
      socket.on('error', () => {}).once('close', () => held.delete(socket));
      // Nobody is answered before all are there.
      if (held.size === 1000) for (const each of held) each.write('!');
    });
    await internet.listen(SECOND_SITE, 81, server);
    const event = { how: 'hold', host: SECOND_SITE, port: 81, count: 500 };
    expect(await Promise.all([act(event), act(event, 'other')])).toEqual([500, 500]);
    expect(most).toBe(1000);
    server.close();
  });

  test('others by UDP', async () => {
    const udp = createSocket('udp4');
    udp.on('message', (text, { address, port }) => udp.send(`${address} ${text}`, port, address));
    const listening = once(udp, 'listening');
    udp.bind({ fd: within(internet.namespaceFd, () => bindUdp(SITE, 4000)) });
    await listening;
    const answer = await act({ how: 'ask', host: SITE, port: 4000, text: 'hello' });
    expect(answer).toBe(`${MACHINE_ADDRESS} hello`);
    udp.close();
  });

  test('through a connection that lives on while its environment is frozen', async () => {
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer(accepted.resolve);
    await internet.listen(SECOND_SITE, 82, server);
    await act({ how: 'keep', host: SECOND_SITE, port: 82 });
    const socket = await accepted.promise;
    await expect.poll(areAllFrozen, { timeout: 60_000 }).toBe(true);
    // Written while nothing inside runs: the kernel keeps it.
    socket.write('a'.repeat(100_000));
    const thanks = new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
    await expect.poll(() => socket.writableLength, { timeout: 60_000 }).toBe(0);
    expect(await areAllFrozen()).toBe(true);
    expect(await act({ how: 'heard', bytes: 100_000 })).toBe('a'.repeat(100_000));
    expect(await thanks).toBe('thanks');
    socket.destroy();
    server.close();
  });
});

describe('a function does not reach', () => {
  test('the machine, by any of its addresses', async () => {
    const came = await startHostService(8080);
    const apiPort = Number(
      /endpoint\s+http:\/\/127\.0\.0\.1:(\d+)/.exec(functions.server.output())![1],
    );
    const addresses = [MACHINE_ADDRESS, MACHINE_LAN_ADDRESS, '169.254.101.0'];
    const ports = [8080, apiPort];
    const targets = [
      ...addresses.flatMap((host) => ports.map((port) => ({ host, port }))),
      ...['169.254.101.1', '169.254.100.2', '169.254.100.3', '169.254.169.253'].map((host) => ({
        host,
        port: 8080,
      })),
    ];
    const reached = (await act({ how: 'reach', targets })) as readonly string[];
    expect(reached).toEqual(targets.map(() => UNREACHABLE));
    const loopback = ports.map((port) => ({ host: '127.0.0.1', port }));
    expect(await act({ how: 'reach', targets: loopback })).toEqual([
      'ECONNREFUSED',
      'ECONNREFUSED',
    ]);
    expect(came()).toBe(0);
  });

  test('private networks, metadata and what else is not public, also not by name', async () => {
    const came = { count: 0 };
    const printer = createServer((socket) => {
      came.count++;
      socket.destroy();
    });
    await internet.listen(LAN_ADDRESS, 9100, printer);
    const hosts = [
      ...[LAN_ADDRESS, 'inside.example', '169.254.169.254', '169.254.170.2', '10.0.0.1'],
      ...['172.16.0.1', '192.168.0.1', '100.64.0.1', '198.18.0.1', '192.0.0.1', '240.0.0.1'],
    ];
    const targets = hosts.map((host) => ({ host, port: 9100 }));
    expect(await act({ how: 'reach', targets })).toEqual(hosts.map(() => UNREACHABLE));
    expect(came.count).toBe(0);
    printer.close();
  });

  test('the end of the table of connections that all share', async () => {
    const before = connectionsOfMachine();
    expect(await act({ how: 'flood', host: SITE, count: 8000 }, 'other')).toBe(8000);
    expect(connectionsOfMachine() - before).toBeGreaterThan(100);
    expect(connectionsOfMachine() - before).toBeLessThan(1100);
    const seen = await act({ how: 'get', url: `http://${SITE}/` });
    expect(seen).toMatchObject({ from: MACHINE_ADDRESS });
  });

  test('another sandbox; and nobody reaches a function from outside', async () => {
    const listening = (await act({ how: 'listen' }, 'other')) as { address: string; port: number };
    const { address, port } = listening;
    expect(address).toMatch(/^169\.254\./);
    const targets = [{ host: address, port }];
    expect(await act({ how: 'reach', targets })).toEqual([UNREACHABLE]);
    // Somebody outside who knows all about us sends it to the machine.
    within(internet.namespaceFd, () => {
      const routes = routeSocket();
      const link = linkIndex('wan');
      const way = { link, gateway: MACHINE_ADDRESS, source: ROUTER_ADDRESS };
      perform(routes, [
        newRoute({ ...way, to: address }),
        newRoute({ ...way, to: '169.254.101.1' }),
      ]);
    });
    const attempts = [address, '169.254.101.1'].map(
      (host) =>
        new Promise((resolve) => {
          const socket = internet.socket();
          socket.connect(port, host, () => resolve('connected'));
          socket.setTimeout(1500, () => resolve('silence'));
          socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        }),
    );
    for (const how of await Promise.all(attempts)) {
      expect(['silence', UNREACHABLE, 'EHOSTUNREACH', 'ETIMEDOUT']).toContain(how);
    }
  });
});

describe('the server', () => {
  test('closes everything and begins anew when somebody takes its packet filter away', async () => {
    const came = await startHostService(8081);
    const [holder] = await holdersOfTables();
    process.kill(holder!, 'SIGKILL');
    await expect.poll(holdersOfTables, { timeout: 60_000 }).not.toContain(holder);
    await expect.poll(holdersOfTables, { timeout: 60_000 }).toHaveLength(1);
    const url = `http://${SITE}/`;
    await expect
      .poll(() => functions.invoke('node', { how: 'get', url }), { timeout: 60_000 })
      .toMatchObject({ payload: { from: MACHINE_ADDRESS } });
    const targets = [{ host: MACHINE_ADDRESS, port: 8081 }];
    expect(await act({ how: 'reach', targets })).toEqual([UNREACHABLE]);
    expect(came()).toBe(0);
  });

  test('opens the ports of its machine and the ranges that it is told to', async () => {
    await startHostService(5432, '127.0.0.1');
    const door = createServer((socket) => socket.end());
    await internet.listen(LAN_ADDRESS, 9101, door);
    await using allowing = await open('--network-allow', `host:5432,${LAN_ADDRESS}:9101`);
    const targets = [
      { host: 'host.hearth.internal', port: 5432 },
      { host: 'host.hearth.internal', port: 8080 },
      { host: LAN_ADDRESS, port: 9101 },
      { host: LAN_ADDRESS, port: 9100 },
      { host: MACHINE_LAN_ADDRESS, port: 9101 },
    ];
    expect(await act({ how: 'reach', targets }, 'node', allowing)).toEqual([
      'connected',
      UNREACHABLE,
      'connected',
      UNREACHABLE,
      UNREACHABLE,
    ]);
    door.close();
  });

  test('without a network gives functions none', async () => {
    await using closed = await openFunctions(['--network', 'none'], internet);
    const { node } = await sources();
    await closed.create('node', 'nodejs26.x', { 'index.mjs': node });
    const targets = [{ host: SITE, port: 80 }];
    expect(await act({ how: 'reach', targets }, 'node', closed)).toEqual([UNREACHABLE]);
    expect(closed.server.output()).toMatch(/network +none/);
  });

  test('says so where the machine lets it make no network, and refuses what cannot be', async () => {
    const { machine } = internet;
    const script = 'mount --bind /dev/null "$(command -v nft)" && exec "$@"';
    const command = [...machine.command, '/bin/sh', '-c', script, 'sh'];
    const closed = { ...machine, command };
    const args = ['--isolation', 'oci'];
    await using server = await startServer({
      args,
      machine: closed,
      env: { HEARTH_NETWORK: 'auto' },
    });
    const reason = /Functions have no network beyond Hearth: nft:? .*/;
    expect(server.output()).toMatch(/network +none/);
    expect(server.output()).toMatch(reason);
    const health = await fetch(new URL('/_hearth/health', server.endpoint));
    expect(await health.json()).toMatchObject({
      network: { kind: 'none', warning: expect.stringMatching(reason) },
    });
    const refused = startServer({ args: [...args, '--network', 'public'], machine: closed });
    await expect(refused).rejects.toThrow(reason);
  });

  test('leaves nothing when it is killed and another one comes and goes', async () => {
    const { machine } = internet;
    const args = ['--isolation', 'oci', '--network', 'public'];
    const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-network-'));
    const killed = await startServer({ args, machine, dataFolder });
    const own = await leftoversOf(killed, { machine });
    expect(own.filter((each) => each.startsWith('of the network'))).toHaveLength(5);
    await killed.kill();
    await expect
      .poll(() => leftoversOf(killed, { machine }), { timeout: 60_000 })
      .not.toContainEqual(expect.stringMatching(/alias|^of the network: comment|process/));
    await using next = await startServer({ args, machine, dataFolder });
    expect(await next.stop()).toBe(0);
    expect(await leftoversOf(next, { machine })).toEqual([]);
    expect(await leftoversOf(killed, { machine, isFolderReused: true })).toEqual([]);
    await rm(dataFolder, { recursive: true });
  });

  test('puts everything of its machine back when the last one ends', async () => {
    const forwards = (): string =>
      within(internet.machine.namespaceFd, () =>
        readFileSync('/proc/sys/net/ipv4/conf/wan/forwarding', 'utf8').trim(),
      );
    expect(forwards()).toBe('1');
    expect(await functions.server.stop()).toBe(0);
    // The helper of the server that was killed before may be the last one.
    await expect.poll(forwards, { timeout: 60_000 }).toBe('0');
    // Two rules had let ours through Docker's chain.
    const left = within(internet.machine.namespaceFd, () =>
      listFilters('chain', 'ip', 'filter', 'FORWARD'),
    );
    expect(left.filter((each) => 'rule' in each)).toEqual([]);
  });
});
