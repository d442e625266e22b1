/**
 * The control group of one sandbox, v1 and v2 behind one interface: limits, the freezer, the
 * figures, the kill. Groups are `<tree>/<owner>/<sandbox>`.
 *
 * The helper makes, kills and removes groups; the server freezes, thaws and changes limits without
 * asking it. Both write synchronously: the kernel takes microseconds for each, and a tour
 * through the thread pool costs three times as much and, while many start at once, waits.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CgroupLayout, CgroupV1 } from './cgroup-layout.ts';

export interface CgroupLimits {
  readonly memoryMib: number;
  readonly cpus: number;
  /** What it may use where more is free, until `setCpus`. */
  readonly burstCpus?: number;
  readonly maxProcesses: number;
}

export interface CgroupName {
  readonly owner: string;
  readonly sandbox: string;
}

/**
 * A long period lets a short invocation use its whole share at once; in a short one even a call
 * of 2 ms would wait for the next period at 128 MB.
 */
const CPU_PERIOD_US = 100_000;
/** Looks at a group that does not freeze (v1), until all of it runs for a moment. */
const THAW_EVERY = 50;
/** What the kernel accepts at least. */
const CPU_QUOTA_LEAST_US = 1_000;
/** What a group weighs that nobody has given a weight, and here one with the share of one CPU. */
const WEIGHT_V1 = 1_024;
const WEIGHT_V2 = 100;
/** What the kernel accepts, of both versions. */
const WEIGHT_LEAST = 2;
const WEIGHT_MOST = 10_000;

/** Called once at start: on v2 the controllers must be switched on down to the owner's group. */
export function prepareOwner(layout: CgroupLayout, owner: string): void {
  if (layout.version === 1) return;
  const controllers = '+memory +cpu +pids';
  writeFileSync(path.join(layout.root, 'cgroup.subtree_control'), controllers);
  mkdirSync(path.join(layout.root, owner), { recursive: true });
  writeFileSync(path.join(layout.root, owner, 'cgroup.subtree_control'), controllers);
}

export function createCgroup(layout: CgroupLayout, name: CgroupName, limits: CgroupLimits): void {
  for (const folder of ownFolders(layout, name)) mkdirSync(folder, { recursive: true });
  const bytes = String(limits.memoryMib * 1024 * 1024);
  const processes = String(limits.maxProcesses);
  if (layout.version === 2) {
    const group = path.join(layout.root, name.owner, name.sandbox);
    writeFileSync(path.join(group, 'memory.max'), bytes);
    writeOptional(path.join(group, 'memory.swap.max'), '0');
    // Out of memory ends the whole sandbox: half of a tree is of no use to anybody.
    writeOptional(path.join(group, 'memory.oom.group'), '1');
    writeFileSync(path.join(group, 'pids.max'), processes);
  } else {
    const memory = path.join(layout.memory, name.owner, name.sandbox);
    writeFileSync(path.join(memory, 'memory.limit_in_bytes'), bytes);
    writeOptional(path.join(memory, 'memory.memsw.limit_in_bytes'), bytes);
    writeOptional(path.join(memory, 'memory.swappiness'), '0');
    writeFileSync(path.join(layout.pids, name.owner, name.sandbox, 'pids.max'), processes);
  }
  writeCpus(cpuWrites(layout, name, limits.cpus, limits.burstCpus));
}

/** Writing `0` to each of these puts the writer into the group. */
export function joinFiles(layout: CgroupLayout, name: CgroupName): readonly string[] {
  // v1: `tasks` moves one thread without the lock that `cgroup.procs` waits for (5 to 17 ms).
  const file = layout.version === 1 ? 'tasks' : 'cgroup.procs';
  return ownFolders(layout, name).map((folder) => path.join(folder, file));
}

/** Changes the share of CPUs of a living sandbox: the most it may use, and its part of what there is. */
export function setCpus(layout: CgroupLayout, name: CgroupName, cpus: number): void {
  writeCpus(cpuWrites(layout, name, cpus));
}

/** Changes the memory limit of a living sandbox, up or down. */
export function setMemory(
  layout: CgroupLayout,
  { owner, sandbox }: CgroupName,
  memoryMib: number,
): void {
  const bytes = String(memoryMib * 1024 * 1024);
  if (layout.version === 2) {
    writeFileSync(path.join(layout.root, owner, sandbox, 'memory.max'), bytes);
    return;
  }
  const group = path.join(layout.memory, owner, sandbox);
  const limit = path.join(group, 'memory.limit_in_bytes');
  const withSwap = path.join(group, 'memory.memsw.limit_in_bytes');
  // The one with swap may never be the smaller: upwards it goes first, downwards last.
  const wentFirst = writeOptional(withSwap, bytes);
  writeFileSync(limit, bytes);
  // A kernel without swap accounting has no such file.
  if (!wentFirst) writeOptional(withSwap, bytes);
}

/**
 * Whether the group runs only when nothing else wants to (SCHED_IDLE for all of it). `cpus` is its
 * share when it does not: the kernel forgets its weight meanwhile, and takes no other.
 */
export function setIdle(
  layout: CgroupLayout,
  name: CgroupName,
  isIdle: boolean,
  cpus: number,
): void {
  // Since Linux 5.15; before, it shares as anything else does.
  writeOptional(path.join(cpuFolder(layout, name), 'cpu.idle'), isIdle ? '1' : '0');
  if (!isIdle) writeOptional(...weight(layout, name, cpus));
}

/** Resolves once every process of the group has stopped, or runs again. */
export async function setFrozen(
  layout: CgroupLayout,
  name: CgroupName,
  isFrozen: boolean,
): Promise<void> {
  const { file, frozen, thawed } = freezer(layout, name);
  writeFileSync(file, isFrozen ? frozen : thawed);
  if (!isFrozen) return;
  for (let waited = 0; waited < 1_000; waited++) {
    if (isFrozenNow(layout, name)) return;
    await sleep(1);
    // v1 may miss a task that forks meanwhile: saying it again makes the kernel look again.
    if (layout.version !== 1) continue;
    // One that waits in the kernel for another that is frozen already gets on only when that runs.
    if (waited % THAW_EVERY === THAW_EVERY - 1) writeFileSync(file, thawed);
    writeFileSync(file, frozen);
  }
  throw new Error('The processes of the sandbox did not freeze.');
}

/** How often the kernel has killed a process of the group for want of memory. */
export function outOfMemoryKills(layout: CgroupLayout, name: CgroupName): number {
  const file =
    layout.version === 1
      ? path.join(layout.memory, name.owner, name.sandbox, 'memory.oom_control')
      : path.join(layout.root, name.owner, name.sandbox, 'memory.events');
  try {
    return readKey(readFileSync(file, 'latin1'), 'oom_kill');
  } catch {
    return 0;
  }
}

/** The processes of the group, as this process's namespace numbers them. */
function processesOf(layout: CgroupLayout, name: CgroupName): number[] {
  const pids = ownFolders(layout, name).flatMap((folder) => {
    try {
      return readFileSync(path.join(folder, 'cgroup.procs'), 'latin1').split('\n');
    } catch {
      return [];
    }
  });
  return [...new Set(pids.filter((pid) => pid !== '').map(Number))].filter((pid) => pid > 0);
}

/**
 * Sends SIGKILL to everything in the group, frozen or not. To be repeated until the group can be
 * removed.
 */
export function killCgroup(layout: CgroupLayout, name: CgroupName): void {
  const { file, frozen, thawed } = freezer(layout, name);
  // A frozen group cannot fork while its members are listed, so a fork bomb does not outrun this.
  writeOptional(file, frozen);
  const pids = processesOf(layout, name);
  if (layout.version === 2) {
    writeOptional(path.join(layout.root, name.owner, name.sandbox, 'cgroup.kill'), '1');
  }
  // To die takes CPU too: a throttled process would only do so in its next period, and one of the
  // idle class, on a machine that is never idle, not for a minute.
  liftCpuLimit(layout, name);
  for (const pid of pids) killProcess(pid);
  // v1: a frozen process dies only when it is thawed.
  writeOptional(file, thawed);
}

/** Whether the group is gone. It is not while a process of it is still ending. */
export function removeCgroup(layout: CgroupLayout, name: CgroupName): boolean {
  const removed = allFolders(layout, name).map((folder) => removeFolder(folder));
  return removed.every(Boolean);
}

/** Removes the owner's own group, which must hold no sandbox any more. */
export function removeOwner(layout: CgroupLayout, owner: string): boolean {
  return ownerFolders(layout, owner)
    .map((folder) => removeFolder(folder))
    .every(Boolean);
}

/** Where an owner's groups may be: one folder for each tree. */
export function ownerFolders(layout: CgroupLayout, owner: string): readonly string[] {
  return treesOf(layout).map((tree) => path.join(tree, owner));
}

export function treesOf(layout: CgroupLayout): readonly string[] {
  return layout.version === 1 ? layout.all : [layout.root];
}

function ownFolders(layout: CgroupLayout, { owner, sandbox }: CgroupName): readonly string[] {
  const trees = layout.version === 1 ? ownTrees(layout) : [layout.root];
  return trees.map((tree) => path.join(tree, owner, sandbox));
}

function allFolders(layout: CgroupLayout, { owner, sandbox }: CgroupName): readonly string[] {
  return ownerFolders(layout, owner).map((folder) => path.join(folder, sandbox));
}

/** Several controllers may share a tree (`cpu,cpuacct`). */
function ownTrees({ memory, cpu, pids, freezer: freezerTree }: CgroupV1): readonly string[] {
  return [...new Set([memory, cpu, pids, freezerTree])];
}

function cpuFolder(layout: CgroupLayout, { owner, sandbox }: CgroupName): string {
  return path.join(layout.version === 2 ? layout.root : layout.cpu, owner, sandbox);
}

function cpuWrites(
  layout: CgroupLayout,
  name: CgroupName,
  cpus: number,
  burstCpus = cpus,
): readonly (readonly [string, string])[] {
  const most = Math.max(cpus, burstCpus);
  const quotaUs = Math.max(CPU_QUOTA_LEAST_US, Math.round(most * CPU_PERIOD_US));
  const group = cpuFolder(layout, name);
  if (layout.version === 2) {
    return [
      // A burst above the quota is refused, so it is cleared before the quota may fall.
      [path.join(group, 'cpu.max.burst'), '0'],
      [path.join(group, 'cpu.max'), `${quotaUs} ${CPU_PERIOD_US}`],
      [path.join(group, 'cpu.max.burst'), String(quotaUs)],
      weight(layout, name, cpus),
    ];
  }
  return [
    [path.join(group, 'cpu.cfs_burst_us'), '0'],
    [path.join(group, 'cpu.cfs_period_us'), String(CPU_PERIOD_US)],
    [path.join(group, 'cpu.cfs_quota_us'), String(quotaUs)],
    [path.join(group, 'cpu.cfs_burst_us'), String(quotaUs)],
    weight(layout, name, cpus),
  ];
}

/** AWS: CPU is in proportion to memory, also where there is not enough for all. */
function weight(
  layout: CgroupLayout,
  name: CgroupName,
  cpus: number,
): readonly [file: string, value: string] {
  const [file, ofOneCpu] =
    layout.version === 2
      ? (['cpu.weight', WEIGHT_V2] as const)
      : (['cpu.shares', WEIGHT_V1] as const);
  const value = Math.min(WEIGHT_MOST, Math.max(WEIGHT_LEAST, Math.round(ofOneCpu * cpus)));
  return [path.join(cpuFolder(layout, name), file), String(value)];
}

function liftCpuLimit(layout: CgroupLayout, name: CgroupName): void {
  const group = cpuFolder(layout, name);
  if (layout.version === 2) writeOptional(path.join(group, 'cpu.max'), 'max');
  else writeOptional(path.join(group, 'cpu.cfs_quota_us'), '-1');
  setIdle(layout, name, false, 1);
}

function freezer(
  layout: CgroupLayout,
  { owner, sandbox }: CgroupName,
): { readonly file: string; readonly frozen: string; readonly thawed: string } {
  return layout.version === 1
    ? {
        file: path.join(layout.freezer, owner, sandbox, 'freezer.state'),
        frozen: 'FROZEN',
        thawed: 'THAWED',
      }
    : {
        file: path.join(layout.root, owner, sandbox, 'cgroup.freeze'),
        frozen: '1',
        thawed: '0',
      };
}

function isFrozenNow(layout: CgroupLayout, name: CgroupName): boolean {
  if (layout.version === 1) {
    return readFileSync(freezer(layout, name).file, 'latin1').trim() === 'FROZEN';
  }
  const events = path.join(layout.root, name.owner, name.sandbox, 'cgroup.events');
  return readKey(readFileSync(events, 'latin1'), 'frozen') === 1;
}

export function readKey(text: string, key: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${key} `));
  return line === undefined ? 0 : Number(line.slice(key.length + 1));
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function writeCpus(writes: ReturnType<typeof cpuWrites>): void {
  for (const [file, value] of writes) {
    if (file.includes('burst')) writeOptional(file, value);
    else writeFileSync(file, value);
  }
}

/**
 * For what a kernel may lack: swap accounting, bursts, a freezer of a group that is gone. The limit
 * that matters is written elsewhere. Answers whether it was taken.
 */
function writeOptional(file: string, value: string): boolean {
  try {
    writeFileSync(file, value, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}
