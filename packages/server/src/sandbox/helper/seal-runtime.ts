/**
 * The OCI runtime's program as a copy in memory that nobody can write to, not even a sandbox that
 * gets hold of it (CVE-2019-5736). crun and runc make such a copy of themselves each time that they
 * start; of one that they find sealed already they make none, and save a third of their work.
 *
 * A runtime that is updated on disk is used from the server's next start on.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import type { RuntimeCommand } from '../oci/protocol.ts';
import { memoryFile, seal } from './syscalls.ts';

export interface SealedRuntime extends RuntimeCommand {
  /** What is executed: the copy where there is one, for as long as this process lives. */
  readonly executable: string;
}

const SEALS_ITSELF: readonly RuntimeCommand['kind'][] = ['crun', 'runc'];

export function sealRuntime(runtime: RuntimeCommand): SealedRuntime {
  const copy = SEALS_ITSELF.includes(runtime.kind) ? sealedCopy(runtime.path) : undefined;
  return { ...runtime, executable: copy ?? runtime.path };
}

/** Its path; none where this machine executes no files in memory (`vm.memfd_noexec`, a policy). */
function sealedCopy(file: string): string | undefined {
  const fd = memoryFile('oci-runtime');
  if (fd === undefined) return undefined;
  try {
    const program = readFileSync(file);
    for (let written = 0; written < program.length;) {
      written += writeSync(fd, program, written);
    }
    seal(fd);
    const copy = `/proc/${process.pid}/fd/${fd}`;
    if (spawnSync(copy, ['--version'], { stdio: 'ignore' }).status === 0) return copy;
  } catch {
    // It is executed from the disk then, and makes its copies itself.
  }
  closeSync(fd);
  return undefined;
}
