import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startForwarding, stopForwarding, type ForwardingDeps } from './forwarding.ts';

let folder: string;
let dead: readonly string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-forwarding-'));
  dead = [];
  for (const link of ['all', 'default', 'lo', 'eth0', 'wlan0']) await addLink(link);
});
afterEach(() => rm(folder, { recursive: true }));

async function addLink(link: string): Promise<void> {
  await mkdir(path.join(folder, 'conf', link), { recursive: true });
  await set(link, '0');
}

function set(link: string, value: string): Promise<void> {
  return writeFile(path.join(folder, 'conf', link, 'forwarding'), value);
}

async function forwarding(): Promise<readonly string[]> {
  const links = await readdir(path.join(folder, 'conf'));
  const values = await Promise.all(
    links.map((link) => readFile(path.join(folder, 'conf', link, 'forwarding'), 'utf8')),
  );
  return links.filter((_, index) => values[index] === '1').toSorted();
}

function server(owner: string): ForwardingDeps {
  const shared = path.join(folder, 'shared');
  return { settings: folder, folder: shared, owner, isDead: (each) => dead.includes(each) };
}

describe('forwarding', () => {
  test('is on for every link while a server needs it, and then as before', async () => {
    await set('wlan0', '1');
    expect(startForwarding(server('one'))).toEqual(['eth0']);
    expect(await forwarding()).toEqual(['default', 'eth0', 'wlan0']);
    stopForwarding(server('one'));
    expect(await forwarding()).toEqual(['wlan0']);
    expect(await readdir(folder)).toEqual(['conf']);
  });

  test('stays on until the last of several servers ends', async () => {
    startForwarding(server('one'));
    expect(startForwarding(server('two'))).toEqual(['eth0', 'wlan0']);
    stopForwarding(server('one'));
    expect(await forwarding()).toEqual(['default', 'eth0', 'wlan0']);
    stopForwarding(server('two'));
    expect(await forwarding()).toEqual([]);
  });

  test('of a killed server is ended by the next, also for links that came meanwhile', async () => {
    startForwarding(server('one'));
    await addLink('docker0');
    await set('docker0', '1');
    dead = ['one'];
    stopForwarding(server('two'));
    expect(await forwarding()).toEqual([]);
  });

  test('is left to those who switched it on for the whole machine', async () => {
    startForwarding(server('one'));
    for (const link of ['all', 'default', 'eth0', 'wlan0']) await set(link, '1');
    stopForwarding(server('one'));
    expect(await forwarding()).toEqual(['all', 'default', 'eth0', 'wlan0']);
    expect(startForwarding(server('two'))).toEqual([]);
    stopForwarding(server('two'));
    expect(await forwarding()).toEqual(['all', 'default', 'eth0', 'wlan0']);
  });

  test('asks nothing of a machine on which nobody forwards', async () => {
    stopForwarding(server('one'));
    expect(await readdir(folder)).toEqual(['conf']);
  });
});
