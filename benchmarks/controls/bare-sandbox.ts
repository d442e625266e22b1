/** C2: the same OCI driver runs /bin/true: the floor of "a fresh sandbox for each cold start". */
import type { SandboxDriver } from '../../packages/server/src/sandbox/driver.ts';

/** Milliseconds from create to exit; removing the sandbox is not counted. */
export async function runTrue(driver: SandboxDriver, id: string): Promise<number> {
  const startedAt = performance.now();
  const sandbox = await driver.create({
    id,
    memoryMib: 1_769,
    cpus: 1,
    tmpMib: 512,
    maxProcesses: 1_024,
    maxFileDescriptors: 1_024,
    listeners: [],
  });
  await sandbox.start({
    argv: ['/bin/true'],
    env: {},
    userEnv: {},
    cwd: '/',
    mounts: [],
    onOutput: () => {},
  });
  await sandbox.exited;
  const took = performance.now() - startedAt;
  await sandbox.destroy('benchmark');
  return took;
}
