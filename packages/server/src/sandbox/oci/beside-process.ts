/** A program beside a sandbox's first, as the server holds it. */
import type { ProcessExit } from '../../core/outcome.ts';
import type { SandboxProcess } from '../driver.ts';
import type { OutputStream } from './read-output.ts';

/** Time for the event loop to read what a dead process wrote. */
const QUIET_MS = 50;

export class BesideProcess implements SandboxProcess {
  readonly exited: Promise<ProcessExit>;
  readonly signal: SandboxProcess['signal'];
  readonly #exit = Promise.withResolvers<ProcessExit>();
  readonly #output: { readonly stdout: OutputStream; readonly stderr: OutputStream };
  readonly #ended: Promise<unknown>;

  constructor(
    output: { readonly stdout: OutputStream; readonly stderr: OutputStream },
    signal: SandboxProcess['signal'],
  ) {
    this.exited = this.#exit.promise;
    this.signal = signal;
    this.#output = output;
    this.#ended = Promise.all([output.stdout.ended, output.stderr.ended]);
  }

  /**
   * It ended. What it wrote is in its pipes, whose ends are waited for, though not for long: children
   * that it left may keep them open.
   */
  onExited(exit: ProcessExit): void {
    const quiet = setTimeout(() => this.#exit.resolve(exit), QUIET_MS);
    void this.#ended.then(() => {
      clearTimeout(quiet);
      this.#exit.resolve(exit);
    });
  }

  /** The whole sandbox is gone. Resolves when the last output was delivered. */
  async onLost(): Promise<void> {
    await this.#ended;
    // Of no effect when its own end was told.
    this.#exit.resolve({ code: null, signal: 'SIGKILL', outOfMemory: false });
  }

  /** What it may still write is of no interest any more. */
  closeOutput(): void {
    this.#output.stdout.destroy();
    this.#output.stderr.destroy();
  }
}
