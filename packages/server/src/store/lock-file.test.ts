import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockFile } from './lock-file.ts';
import { StoreUnusable } from './store-unusable.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hearth-lock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a folder is made with those above it, and let go the file can be locked again', () => {
  const file = path.join(temporaryFolder(), 'a/b/hearth.sqlite');
  lockFile(file)();
  lockFile(file)();
});

test('a folder below a file is refused with the reason and what to do', () => {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect(() => lockFile(path.join(file, 'hearth.sqlite'))).toThrow(StoreUnusable);
  expect(() => lockFile(path.join(file, 'sub/hearth.sqlite'))).toThrow(
    /cannot be used \(ENOTDIR: not a directory.*choose another with --data-dir/,
  );
});

test('a folder that the kernel does not let anybody make is refused, not tried for ever', () => {
  expect(() => lockFile('/proc/hearth/hearth.sqlite')).toThrow(/cannot be used \(ENOENT/);
});
