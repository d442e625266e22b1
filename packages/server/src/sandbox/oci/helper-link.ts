/**
 * The server's side of the sandbox helper: starts the child process, matches answers to requests,
 * and passes on what the helper tells unasked.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Server, Socket } from 'node:net';
import path from 'node:path';
import type { Logger } from '../../lib/logger.ts';
import { SandboxFailure } from '../driver.ts';
import type { HelperCall, HelperMessage, HelperRequest } from './protocol.ts';

const MAIN = path.join(import.meta.dirname, '../helper/main.ts');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Longer than a helper waits for a killed process to go. */
const CLOSE_MS = 15_000;

/** What the helper says without being asked. */
export interface HelperEvents {
  onListener(sandbox: string, name: string, server: Server): void;
  onConnection(sandbox: string, connection: string, socket: Socket): void;
  onExited(event: Extract<HelperMessage, { kind: 'exited' }>): void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class HelperLink {
  readonly #child: ChildProcess;
  readonly #events: HelperEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #ended = Promise.withResolvers<void>();
  #lastId = 0;
  #isOver = false;

  constructor(events: HelperEvents, logger: Logger) {
    this.#events = events;
    // The last argument does nothing: it says in a list of processes whose helper this is.
    const args = ['--disable-warning=ExperimentalWarning', MAIN, `hearth-${process.pid}-helper`];
    this.#child = spawn(process.execPath, args, {
      cwd: '/',
      env: { PATH, ...compiled() },
      // A session of its own: ^C at the terminal ends the server, and the server ends this.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message, handle) => {
      this.#onMessage(message as HelperMessage, handle);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      logger.error('the sandbox helper complained', { text });
    });
    this.#child.once('exit', (code, signal) => this.#onEnd(`it ended with ${signal ?? code}`));
    this.#child.once('error', (error) => this.#onEnd(error.message));
  }

  /** Its process id; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the process has gone, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Rejects with `SandboxFailure` when the helper cannot do it, or is gone. */
  request(call: HelperCall): Promise<unknown> {
    if (this.#isOver) return Promise.reject(new SandboxFailure('The sandbox helper is gone.'));
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    const request: HelperRequest = { id, ...call };
    this.#child.send(request, (error) => {
      if (error === null) return;
      this.#pending.delete(id);
      reject(new SandboxFailure('The sandbox helper cannot be reached.', { cause: error }));
    });
    return promise;
  }

  /** The helper ends its sandboxes, then itself; one that cannot is killed. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS);
    await this.ended;
    clearTimeout(deadline);
  }

  #onMessage(message: HelperMessage, handle: unknown): void {
    switch (message.kind) {
      case 'result':
        this.#take(message.id)?.resolve(message.result);
        break;
      case 'failure':
        this.#take(message.id)?.reject(new SandboxFailure(message.message));
        break;
      case 'listener':
        if (handle instanceof Server) {
          this.#events.onListener(message.sandbox, message.name, handle);
        }
        break;
      case 'connection':
        if (handle instanceof Socket) {
          this.#events.onConnection(message.sandbox, message.connection, handle);
        }
        break;
      case 'exited':
        this.#events.onExited(message);
        break;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #onEnd(how: string): void {
    this.#isOver = true;
    const failure = new SandboxFailure(`The sandbox helper is gone: ${how}.`);
    for (const { reject } of this.#pending.values()) reject(failure);
    this.#pending.clear();
    this.#ended.resolve();
  }
}

/** Where the server has what Node compiled, the helper keeps its own there too: 20 MB less. */
function compiled(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir();
  // The folder is that of this version of Node, inside the one that the variable names.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) };
}
