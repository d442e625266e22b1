/**
 * The filter of system calls as crun has compiled it for the first sandbox: the others get those
 * bytes instead of the list, which is the same for all, and are spared the compiler.
 *
 * The list stays in their configuration, for a crun that does not know the annotation.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { OciRun } from './run-oci.ts';

const ANNOTATION = 'run.oci.seccomp_bpf_data';

export class CompiledFilter {
  #annotations: Readonly<Record<string, string>> = {};
  #isLearned = false;

  /** Of a configuration. */
  get annotations(): Readonly<Record<string, string>> {
    return this.#annotations;
  }

  /** From a sandbox that runs. */
  learn({ runtime, stateFolder, name }: Pick<OciRun, 'runtime' | 'stateFolder' | 'name'>): void {
    if (this.#isLearned || runtime.kind !== 'crun') return;
    this.#isLearned = true;
    try {
      const filter = readFileSync(path.join(stateFolder, name, 'seccomp.bpf'));
      if (filter.length > 0) this.#annotations = { [ANNOTATION]: filter.toString('base64') };
    } catch {
      // It was destroyed meanwhile, or this crun keeps its filters elsewhere: all go on compiling.
    }
  }
}
