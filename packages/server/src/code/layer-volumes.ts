/**
 * The folders that functions with several layers see at /opt: the layers' volumes laid over each
 * other, named by the ordered list of their hashes, so that equal lists share one. They are made
 * again by each run of the server (of volumes that were compared with their manifests by then),
 * which is cheap, because they hold no bytes of their own.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { removeTree } from '../lib/remove-tree.ts';
import type { ArchiveRunner } from './archive-runner.ts';

/** A layer's volume. */
export interface LayerFolder {
  readonly hex: string;
  readonly folder: string;
}

export class LayerVolumes {
  readonly #folder: string;
  readonly #runner: ArchiveRunner;
  readonly #lock = new KeyedLock();
  /** What each is made of, by its name. */
  readonly #made = new Map<string, readonly string[]>();
  #incoming = 0;

  /** `folder` is this object's alone. */
  constructor(folder: string, runner: ArchiveRunner) {
    this.#folder = folder;
    this.#runner = runner;
  }

  /** Forgets what an earlier run made. */
  async prepare(): Promise<void> {
    await removeTree(path.dirname(this.#folder), this.#folder);
    await mkdir(this.#folder, { recursive: true });
  }

  async merged(layers: readonly LayerFolder[]): Promise<string> {
    const hexes = layers.map(({ hex }) => hex);
    const name = createHash('sha256').update(hexes.join('\n')).digest('hex');
    const place = path.join(this.#folder, name);
    if (this.#made.has(name)) return place;
    await this.#lock.run(name, async () => {
      if (this.#made.has(name)) return;
      await this.#make(layers, place);
      this.#made.set(name, hexes);
    });
    return place;
  }

  /** The layer is being removed: so is everything that was made of it. */
  async forget(hex: string): Promise<void> {
    for (const [name, hexes] of this.#made) {
      if (!hexes.includes(hex)) continue;
      this.#made.delete(name);
      await this.#lock.run(name, () => removeTree(this.#folder, path.join(this.#folder, name)));
    }
  }

  async #make(layers: readonly LayerFolder[], place: string): Promise<void> {
    const target = path.join(this.#folder, `incoming-${(this.#incoming += 1)}`);
    try {
      const folders = layers.map(({ folder }) => folder);
      const answer = await this.#runner.run({ kind: 'merge', folders, target });
      if (answer.kind !== 'done') throw new Error(`Layers were not merged: ${answer.detail}`);
      await rename(target, place);
    } finally {
      await removeTree(this.#folder, target);
    }
  }
}
