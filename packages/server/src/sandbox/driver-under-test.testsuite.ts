/** The driver that a suite of tests has, and the sandboxes of each of its tests. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Sandbox, SandboxDriver, SandboxRequest } from './driver.ts';
import { sandboxRequest } from './run-program.testsuite.ts';

export interface DriverSuite {
  readonly start: (folder: string) => Promise<SandboxDriver>;
  readonly isIsolated: boolean;
}

export class DriverUnderTest {
  /** The suite's own; the driver has a part of it. */
  folder!: string;
  driver!: SandboxDriver;
  readonly #living = new Set<Sandbox>();

  async start(start: DriverSuite['start']): Promise<void> {
    this.folder = await mkdtemp(path.join(tmpdir(), 'hearth-sandbox-test-'));
    this.driver = await start(this.#place);
  }

  /** One that is destroyed after the test. */
  async create(changes: Partial<SandboxRequest> = {}): Promise<Sandbox> {
    const sandbox = await this.driver.create(sandboxRequest(changes));
    this.#living.add(sandbox);
    return sandbox;
  }

  async destroyAll(): Promise<void> {
    await Promise.all([...this.#living].map((sandbox) => sandbox.destroy('the test is over')));
    this.#living.clear();
  }

  /** A closed driver leaves nothing. */
  async stop(): Promise<void> {
    await this.driver.close();
    expect(await readdir(this.#place)).toEqual([]);
    await rm(this.folder, { recursive: true });
  }

  get #place(): string {
    return path.join(this.folder, 'sandboxes');
  }
}

/** For the tests of the `describe` in which it is called. */
export function useDriver({ start }: Pick<DriverSuite, 'start'>): DriverUnderTest {
  const tested = new DriverUnderTest();
  beforeAll(() => tested.start(start));
  afterEach(() => tested.destroyAll());
  afterAll(() => tested.stop());
  return tested;
}
