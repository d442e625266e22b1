/**
 * What is to be known of an OCI runtime. Which versions are known to let a container out, as data, and
 * the sentence about it. A distribution may have put a fix into an older version, which its number does not tell, so
 * the sentence says what to look for and nothing is refused.
 */
interface Advisory {
  readonly runtime: string;
  readonly id: string;
  /** The first version of each line that has the fix; older lines have none. */
  readonly fixedIn: readonly string[];
}

const ADVISORIES: readonly Advisory[] = [
  { runtime: 'runc', id: 'CVE-2024-21626', fixedIn: ['1.1.12'] },
  { runtime: 'runc', id: 'CVE-2024-45310', fixedIn: ['1.1.14'] },
  {
    runtime: 'runc',
    id: 'CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881',
    fixedIn: ['1.2.8', '1.3.3', '1.4.0'],
  },
  { runtime: 'runc', id: 'CVE-2026-41579', fixedIn: ['1.3.6', '1.4.3'] },
  { runtime: 'crun', id: 'CVE-2022-27650', fixedIn: ['1.4.4'] },
];

/** One sentence for each advisory that this version is older than. */
export function adviseOnRuntime(name: string, version: string): readonly string[] {
  const current = parseVersion(version);
  if (current === undefined) return [];
  const open = ADVISORIES.filter(
    ({ runtime, fixedIn }) => runtime === name && !isFixed(current, fixedIn),
  );
  return open.map(
    ({ id, fixedIn }) =>
      `${name} ${version} is older than ${fixedIn.join(' / ')}, which fixes ${id}; update it, ` +
      'unless the package of your distribution lists this fix in its changelog.',
  );
}

/**
 * One sentence where it starts no program beside another. runc enters the user namespace of a sandbox
 * first and may then not enter its network, which is the host's (opencontainers/runc#4390; newer
 * versions go another way and were not tried); of the others' programs the host sees no process.
 */
export function adviseOnPrograms(name: string, startsBeside: boolean): readonly string[] {
  if (startsBeside) return [];
  return [
    `With ${name} functions that have an external extension fail to start; with crun they do not.`,
  ];
}

type Version = readonly [number, number, number];

/** Fixed in its own line, or newer than the newest fixed line. */
function isFixed(current: Version, fixedIn: readonly string[]): boolean {
  const fixes = fixedIn.map(parseVersion).filter((version) => version !== undefined);
  const newest = fixes.at(-1);
  if (newest !== undefined && compare(current, newest) >= 0) return true;
  return fixes.some(
    (fix) => fix[0] === current[0] && fix[1] === current[1] && compare(current, fix) >= 0,
  );
}

function parseVersion(text: string): Version | undefined {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
