import { Resolver } from 'node:dns/promises';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerNames } from '../../../../testkit/src/answer-names.ts';
import { bindUdp, listenTcp } from '../helper/syscalls.ts';
import { hostNameServers, startNameServer } from './name-server.ts';

/** Addresses of this machine's loopback that are this process's alone. */
const UPSTREAM = `127.53.${process.pid % 250}.1`;
const OURS = `127.53.${process.pid % 250}.2`;
const SILENT = `127.53.${process.pid % 250}.3`;
const PORT = 20_053;

const parts = new AsyncDisposableStack();
let upstreams: readonly string[] = [UPSTREAM];
/** It waits by the answers before, a quarter of a second after quick ones, whatever is said here. */
const resolver = new Resolver({ timeout: 20_000, tries: 8 });

beforeAll(async () => {
  const many = Array.from({ length: 60 }, (_, at) => `198.51.100.${at}`);
  const names = { 'one.example': ['198.51.100.10'], 'many.example': many };
  const known = parts.use(await answerNames(bindUdp(UPSTREAM, PORT), names));
  known.overTcp.listen(PORT, UPSTREAM);
  const fds = { udpFd: bindUdp(OURS, PORT), tcpFd: listenTcp(OURS, PORT) };
  const deps = { ...fds, upstreams: () => upstreams, upstreamPort: PORT };
  parts.use(await startNameServer(deps));
  resolver.setServers([`${OURS}:${PORT}`]);
});
afterAll(() => parts.disposeAsync());

describe('the name server of sandboxes', () => {
  test('passes questions and answers on', async () => {
    expect(await resolver.resolve4('one.example')).toEqual(['198.51.100.10']);
    await expect(resolver.resolve4('none.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('passes long answers on by TCP', async () => {
    expect(await resolver.resolve4('many.example')).toHaveLength(60);
  });

  test('answers many at the same time', async () => {
    const all = Array.from({ length: 200 }, () => resolver.resolve4('one.example'));
    expect(await Promise.all(all)).toEqual(all.map(() => ['198.51.100.10']));
  });

  test('asks the next of the host where the first is not there', async () => {
    upstreams = [SILENT, UPSTREAM];
    expect(await resolver.resolve4('one.example')).toEqual(['198.51.100.10']);
    upstreams = [UPSTREAM];
  });

  test('knows whom the host asks', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hearth-names-'));
    const file = path.join(folder, 'resolv.conf');
    await writeFile(
      file,
      '# a comment\nsearch x\nnameserver 127.0.0.53\nnameserver  fe80::1%eth0\n',
    );
    expect(hostNameServers(file)).toEqual(['127.0.0.53', 'fe80::1%eth0']);
    expect(hostNameServers(path.join(folder, 'missing'))).toEqual(['127.0.0.1']);
    await rm(folder, { recursive: true });
  });
});
