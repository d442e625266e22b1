import { expect, test } from 'vitest';
import { findCgroups } from './cgroup-layout.ts';

const line = (target: string, type: string, options: string): string =>
  `30 24 0:26 / ${target} rw,relatime shared:9 - ${type} ${type} ${options}`;

test('a machine with one v2 tree', () => {
  const mounts = [line('/', 'ext4', 'rw'), line('/sys/fs/cgroup', 'cgroup2', 'rw,nsdelegate')].join(
    '\n',
  );
  expect(findCgroups(mounts)).toEqual({ version: 2, root: '/sys/fs/cgroup' });
});

test('a hybrid machine: the v1 trees, all of them, and the v2 tree beside them', () => {
  const trees = ['memory', 'cpu', 'pids', 'freezer', 'devices'];
  const mounts = [
    ...trees.map((name) => line(`/sys/fs/cgroup/${name}`, 'cgroup', `rw,${name}`)),
    line('/sys/fs/cgroup/systemd', 'cgroup', 'rw,name=systemd'),
    line('/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
  ].join('\n');
  expect(findCgroups(mounts)).toEqual({
    version: 1,
    memory: '/sys/fs/cgroup/memory',
    cpu: '/sys/fs/cgroup/cpu',
    pids: '/sys/fs/cgroup/pids',
    freezer: '/sys/fs/cgroup/freezer',
    all: [...trees, 'systemd'].map((name) => `/sys/fs/cgroup/${name}`),
    unified: '/sys/fs/cgroup/unified',
  });
});

test('controllers that share a tree', () => {
  const mounts = [
    line('/cg/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
    line('/cg/memory', 'cgroup', 'rw,memory'),
    line('/cg/pids', 'cgroup', 'rw,pids'),
    line('/cg/freezer', 'cgroup', 'rw,freezer'),
  ].join('\n');
  expect(findCgroups(mounts)).toMatchObject({ version: 1, cpu: '/cg/cpu,cpuacct' });
});

test('a machine without the controllers is refused with a sentence', () => {
  expect(() => findCgroups(line('/', 'ext4', 'rw'))).toThrow(/No control groups/);
  expect(() => findCgroups(line('/cg/memory', 'cgroup', 'rw,memory'))).toThrow(/No control groups/);
});
