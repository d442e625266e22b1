/**
 * Keeps one sandbox helper running. When it dies, the next one is started at once, because only a
 * helper can kill what the dead one left; everything that a helper makes carries its own owner
 * name, `hearth-<pid>-<start>-<namespace>-<driver>-<generation>`.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../lib/logger.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { SandboxFailure } from '../driver.ts';
import type { NetworkPolicy } from '../network/policy.ts';
import { ownerName } from '../owner.ts';
import { HelperLink, type HelperEvents } from './helper-link.ts';
import type { InitResult, RuntimeCommand } from './protocol.ts';

export interface Generation extends InitResult {
  readonly link: HelperLink;
  readonly owner: string;
}

export interface GenerationsDeps {
  readonly folder: string;
  readonly runtime: RuntimeCommand;
  readonly network: NetworkPolicy;
  readonly deathMs: number;
  readonly events: HelperEvents;
  readonly logger: Logger;
  /** Called once for each helper that died unasked, before the next is started. */
  readonly onDeath: (owner: string) => void;
}

export class HelperGenerations {
  readonly #deps: GenerationsDeps;
  readonly #base = `${ownerName()}-${randomBytes(4).toString('hex')}`;
  readonly #deadOwners: string[] = [];
  #current: Promise<Generation> | undefined;
  #count = 0;
  #isClosed = false;

  constructor(deps: GenerationsDeps) {
    this.#deps = deps;
  }

  /** The running helper; a new one when there is none. Rejects with `SandboxFailure`. */
  current(): Promise<Generation> {
    if (this.#isClosed) {
      return Promise.reject(new SandboxFailure('The sandbox driver is closed.'));
    }
    this.#current ??= this.#start().catch((error: unknown) => {
      // The next caller tries again.
      this.#current = undefined;
      throw error;
    });
    return this.#current;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const generation = await this.#current?.catch(() => undefined);
    if (generation === undefined) return;
    await generation.link.close();
    await this.#removeFolder(generation.owner);
  }

  async #start(): Promise<Generation> {
    const { events, logger, runtime, network, deathMs } = this.#deps;
    const owner = `${this.#base}-${++this.#count}`;
    const folder = path.join(this.#deps.folder, owner);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const link = new HelperLink(events, logger);
    const deadOwners = [...this.#deadOwners];
    try {
      const init = { owner, folder, deadOwners, runtime, network, deathMs };
      const result = (await link.request({ call: 'init', ...init })) as InitResult;
      void link.ended.then(() => this.#onEnd(owner));
      return { ...result, link, owner };
    } catch (error) {
      await link.close();
      await this.#removeFolder(owner);
      throw error;
    }
  }

  #onEnd(owner: string): void {
    if (this.#isClosed) return;
    this.#deps.logger.error('the sandbox helper died; its sandboxes are lost', { owner });
    this.#deadOwners.push(owner);
    this.#current = undefined;
    this.#deps.onDeath(owner);
    this.current().then(
      () => this.#removeFolder(owner),
      (error: unknown) => this.#deps.logger.error('no new sandbox helper', { error }),
    );
  }

  async #removeFolder(owner: string): Promise<void> {
    await removeTree(this.#deps.folder, path.join(this.#deps.folder, owner));
  }
}
