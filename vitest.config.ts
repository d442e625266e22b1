import os from 'node:os';
import { defineConfig } from 'vitest/config';
import ServersFirst from './scripts/servers-first.ts';

/** One more than there are cores: a test file that has started a server waits half of its time. */
const maxWorkers = os.availableParallelism() + 1;

/** Of test files that leave something on the machine for as long as they run. */
const onMachine = { maxWorkers, setupFiles: ['packages/testkit/src/leaves-nothing.ts'] };

// The suffix of a test file says what it needs; CONTRIBUTING.md has the table.
export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: ServersFirst },
    projects: [
      {
        test: {
          name: 'unit',
          maxWorkers,
          // Modules keep nothing of what was done with them, so files may share them: a quarter less
          // work in all.
          isolate: false,
          include: ['packages/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.oci.test.ts', '**/node_modules/**'],
          // What hangs is seen late; what only shares its machine is not called a failure.
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...onMachine,
          name: 'oci',
          include: ['packages/**/*.oci.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...onMachine,
          name: 'conformance',
          include: ['tests/conformance/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...onMachine,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
