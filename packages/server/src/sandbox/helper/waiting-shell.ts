/**
 * A process that was made ahead of its program: a shell inside a sandbox that reads what to become
 * from its standard input. One command comes, once; then the input is at its end, as that of
 * every program is, and a helper that dies ends the shell in the same way.
 *
 * The command goes through `env -i`, so that the program has exactly the variables that it would
 * have had from the OCI runtime, whatever the shell itself made of its own.
 */
import { close, closeSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { ProgramProcess } from '../oci/program-process.ts';

export class WaitingShell {
  /** Of the pipe that is its standard input; undefined once that was closed. */
  #inputFd: number | undefined;

  constructor(inputFd: number) {
    this.#inputFd = inputFd;
  }

  /** Rejects when it has gone. The pipe may be smaller than the command: this waits for its reader. */
  async become(program: ProgramProcess): Promise<void> {
    const fd = this.#inputFd;
    if (fd === undefined) throw new Error('The waiting process is of use once.');
    this.#inputFd = undefined;
    const command = Buffer.from(commandOf(program));
    try {
      for (let sent = 0; sent < command.length;) {
        sent += (await promisify(write)(fd, command, sent)).bytesWritten;
      }
    } finally {
      await promisify(close)(fd);
    }
  }

  /** It is not needed any more, or dead. */
  close(): void {
    if (this.#inputFd !== undefined) closeSync(this.#inputFd);
    this.#inputFd = undefined;
  }
}

function commandOf({ argv, env, cwd }: ProgramProcess): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = ['/usr/bin/env', '-i', ...variables, ...argv];
  return `cd ${quote(cwd)} && exec ${words.map(quote).join(' ')}\n`;
}

/** Between single quotes a shell takes every byte as it is, but one. */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
