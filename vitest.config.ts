import os from 'node:os';
import { defineConfig } from 'vitest/config';

// The suffix of a test file says what it needs; CONTRIBUTING.md has the table.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          maxWorkers: os.availableParallelism(),
          // Modules keep nothing of what is done with them, so files may share them: that saves a
          // quarter of the work.
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
          name: 'oci',
          setupFiles: ['packages/testkit/src/leaves-nothing.ts'],
          include: ['packages/**/*.oci.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'conformance',
          setupFiles: ['packages/testkit/src/leaves-nothing.ts'],
          include: ['tests/conformance/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          setupFiles: ['packages/testkit/src/leaves-nothing.ts'],
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
