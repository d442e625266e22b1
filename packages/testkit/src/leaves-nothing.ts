/**
 * Set-up of test files that start sandboxes: each has a folder of its own for what it keeps in
 * files, and fails when it leaves anything in there or on the machine.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { leftoversWith, ownerMark } from './leftovers.ts';
import { suiteOwners } from './suite-owners.ts';

/** The helper of a server that was killed needs a while to see that, on a machine under load. */
const GRACE_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** Node's own, which npm keeps between its runs. */
const NOT_OURS: ReadonlySet<string> = new Set(['node-compile-cache']);

const folder = mkdtempSync(path.join(os.tmpdir(), 'hearth-suite-'));
process.env['TMPDIR'] = folder;

// Set up before the file's own hooks, so it runs after all of them.
afterAll(async () => {
  const left = await lookUntilNothingIsLeft();
  rmSync(folder, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`These tests left on the machine:\n${left.join('\n')}`);
}, 2 * GRACE_MS);

async function lookUntilNothingIsLeft(): Promise<readonly string[]> {
  const deadline = Date.now() + GRACE_MS;
  for (;;) {
    const left = await leftoversOfSuite();
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(LOOK_EVERY_MS);
  }
}

async function leftoversOfSuite(): Promise<readonly string[]> {
  const files = readdirSync(folder).filter((name) => !NOT_OURS.has(name));
  return [
    ...(await leftoversWith([...suiteOwners().map(ownerMark), folder])),
    ...files.map((name) => `folder ${path.join(folder, name)}`),
  ];
}
