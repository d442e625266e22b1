/**
 * What a server that has ended left on the machine: processes, cgroups, mounts, loop devices,
 * network namespaces and folders that carry its name or hold its data. Each as one sentence.
 */
import { readFile, readdir } from 'node:fs/promises';
import { globSync } from 'node:fs';
import type { TestServer } from './start-server.ts';

export async function leftoversOf(
  server: Pick<TestServer, 'pid' | 'dataFolder'>,
  options: { readonly isFolderReused?: boolean } = {},
): Promise<readonly string[]> {
  const name = `hearth-${server.pid}-`;
  const marks = options.isFolderReused === true ? [name] : [name, server.dataFolder];
  const found = [
    ...(await processes(marks)),
    ...(await lines('/proc/self/mountinfo', marks, 'mount')),
    ...(await loops(marks)),
    ...cgroups(marks),
  ];
  return found;
}

function mentions(text: string, marks: readonly string[]): boolean {
  return marks.some((mark) => text.includes(mark));
}

async function processes(marks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    if (mentions(command, marks) || mentions(groups, marks)) {
      found.push(`process ${pid}: ${command.replaceAll('\0', ' ')}`);
    }
  }
  return found;
}

async function lines(
  file: string,
  marks: readonly string[],
  kind: string,
): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => mentions(line, marks))
    .map((line) => `${kind}: ${line}`);
}

async function loops(marks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of globSync('/sys/block/loop*/loop/backing_file')) {
    const backing = await readFile(file, 'utf8').catch(() => '');
    if (mentions(backing, marks)) found.push(`loop device ${file}: ${backing.trim()}`);
  }
  return found;
}

function cgroups(marks: readonly string[]): readonly string[] {
  return globSync('/sys/fs/cgroup/**/*hearth*')
    .filter((folder) => mentions(folder, marks))
    .map((folder) => `cgroup ${folder}`);
}
