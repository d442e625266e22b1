/**
 * Where this machine's control groups are: cgroup v2 (one tree), or v1 (a tree for each
 * controller; "hybrid" machines have an empty v2 tree beside them). Pure.
 */
export type CgroupLayout = CgroupV1 | CgroupV2;

export interface CgroupV1 {
  readonly version: 1;
  readonly memory: string;
  readonly cpu: string;
  readonly pids: string;
  readonly freezer: string;
  /** Mount points of every v1 tree: an OCI runtime makes groups in all of them. */
  readonly all: readonly string[];
  /** The empty v2 tree of a hybrid machine. */
  readonly unified?: string;
}

export interface CgroupV2 {
  readonly version: 2;
  readonly root: string;
}

/** Reads /proc/self/mountinfo. Throws with a sentence when the limits cannot be set here. */
export function findCgroups(mountinfo: string): CgroupLayout {
  const mounts = mountinfo.split('\n').flatMap((line) => parseMount(line));
  const unified = mounts.find(({ type }) => type === 'cgroup2')?.target;
  const v1 = mounts.filter(({ type }) => type === 'cgroup');
  const treeOf = (controller: string): string | undefined =>
    v1.find(({ options }) => options.includes(controller))?.target;
  const [memory, cpu, pids, freezer] = ['memory', 'cpu', 'pids', 'freezer'].map(treeOf);
  if (memory !== undefined && cpu !== undefined && pids !== undefined && freezer !== undefined) {
    const all = v1.map(({ target }) => target);
    const trees = { version: 1, memory, cpu, pids, freezer, all } as const;
    return unified === undefined ? trees : { ...trees, unified };
  }
  if (unified !== undefined && v1.length === 0) return { version: 2, root: unified };
  throw new Error('No control groups with memory, cpu, pids and freezer are mounted.');
}

interface CgroupMount {
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

function parseMount(line: string): CgroupMount[] {
  const [left, right] = line.split(' - ');
  const target = left?.split(' ')[4];
  const [type, , options] = right?.split(' ') ?? [];
  if (target === undefined || type === undefined || !type.startsWith('cgroup')) return [];
  return [{ target, type, options: options?.split(',') ?? [] }];
}
