/**
 * What a server that has ended left on the machine: processes, control groups, mounts, loop
 * devices, network namespaces, links, firewall tables and folders that carry its name or hold its
 * data. Each as one sentence.
 */
import { readFile, readdir, readlink } from 'node:fs/promises';
import { globSync } from 'node:fs';
import type { Machine } from './open-internet.ts';
import { runCommand } from './run-command.ts';
import type { TestServer } from './start-server.ts';

export async function leftoversOf(
  server: Pick<TestServer, 'pid' | 'dataFolder'>,
  options: { readonly isFolderReused?: boolean; readonly machine?: Machine } = {},
): Promise<readonly string[]> {
  const name = ownerMark(server.pid);
  const marks = options.isFolderReused === true ? [name] : [name, server.dataFolder];
  return leftoversWith(marks, options.machine);
}

/** With this begin the names of all that a server of this process id makes on the machine. */
export function ownerMark(pid: number): string {
  return `hearth-${pid}-`;
}

/** What is there whose name, arguments or contents mention one of the marks. */
export async function leftoversWith(
  marks: readonly string[],
  machine?: Machine,
): Promise<readonly string[]> {
  return [
    ...(await processes(marks)),
    ...(await mounts(marks)),
    ...(await loops(marks)),
    ...named('control group', '/sys/fs/cgroup/**/*hearth*', marks),
    ...(await networks(marks, machine)),
    ...named('network namespace', '/run/netns/*', marks),
    ...named('folder', '/run/hearth/*', marks),
  ];
}

function mentions(text: string, marks: readonly string[]): boolean {
  return marks.some((mark) => text.includes(mark));
}

async function processes(marks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const [command, ...others] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''),
      readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => ''),
      readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
    ]);
    if (mentions([command, ...others].join('\n'), marks)) {
      found.push(`process ${pid}: ${command.replaceAll('\0', ' ')}`);
    }
  }
  return found;
}

async function mounts(marks: readonly string[]): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.filter((line) => mentions(line, marks)).map((line) => `mount: ${line}`);
}

async function loops(marks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of globSync('/sys/block/loop*/loop/backing_file')) {
    const backing = await readFile(file, 'utf8').catch(() => '');
    if (mentions(backing, marks)) found.push(`loop device ${file}: ${backing.trim()}`);
  }
  return found;
}

function named(kind: string, pattern: string, marks: readonly string[]): readonly string[] {
  return globSync(pattern)
    .filter((place) => mentions(place, marks))
    .map((place) => `${kind} ${place}`);
}

/** Links have their owner as alias, tables as comment, and who needs forwarding has a file. */
async function networks(
  marks: readonly string[],
  machine: Machine | undefined,
): Promise<readonly string[]> {
  const script = 'ip -d link; nft list ruleset; ls /run/hearth/forwarding-*; true';
  const { stdout } = await runCommand([...(machine?.command ?? []), '/bin/sh', '-c', script]);
  return stdout
    .split('\n')
    .filter((line) => mentions(line, marks))
    .map((line) => `of the network: ${line.trim()}`);
}
