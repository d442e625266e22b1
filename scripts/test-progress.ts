/**
 * What `npm test` says beside vitest's own lines: every half minute how far it is and what runs, at
 * the end the slowest files, so that whoever makes the suite faster begins with them.
 */
import type { Reporter, TestModule, TestSpecification, Vitest } from 'vitest/node';

const EVERY_MS = 30_000;
const SLOWEST = 10;

export default class TestProgress implements Reporter {
  #vitest: Vitest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAtMs = 0;
  #files = 0;
  /** When those that run were started, by their names: their objects are made anew meanwhile. */
  readonly #running = new Map<string, number>();
  readonly #ended: { readonly name: string; readonly seconds: number }[] = [];

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunStart(files: readonly TestSpecification[]): void {
    this.#startedAtMs = performance.now();
    this.#files = files.length;
    this.#timer = setInterval(() => this.#say(this.#soFar()), EVERY_MS).unref();
  }

  onTestModuleQueued({ relativeModuleId }: TestModule): void {
    this.#running.set(relativeModuleId, performance.now());
  }

  onTestModuleEnd({ relativeModuleId: name }: TestModule): void {
    this.#ended.push({ name, seconds: secondsSince(this.#running.get(name)) });
    this.#running.delete(name);
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
    if (this.#ended.length < SLOWEST) return;
    const slowest = this.#ended.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    const lines = slowest.map(({ name, seconds }) => `${String(seconds).padStart(6)} s  ${name}`);
    this.#say(['', `The slowest of ${this.#ended.length} files:`, ...lines, ''].join('\n'));
  }

  #soFar(): string {
    const ended = `${this.#ended.length} of ${this.#files} files`;
    const running = [...this.#running].map(([name, atMs]) => `${name} (${secondsSince(atMs)} s)`);
    return `... ${ended} after ${secondsSince(this.#startedAtMs)} s; now ${running.join(', ')}`;
  }

  #say(text: string): void {
    this.#vitest?.logger.log(text);
  }
}

/** Rounded; of what never started none. */
function secondsSince(atMs: number | undefined): number {
  return atMs === undefined ? 0 : Math.round((performance.now() - atMs) / 1_000);
}
