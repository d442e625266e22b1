/**
 * The processes that make something on the machine for the test file that runs: the one that runs
 * it, and the servers that it starts. `leaves-nothing.ts` looks for what they left.
 */
const pids = new Set([process.pid]);

export function addSuiteOwner(pid: number): void {
  pids.add(pid);
}

export function suiteOwners(): readonly number[] {
  return [...pids];
}
