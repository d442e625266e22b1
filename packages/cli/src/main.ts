#!/usr/bin/env node
/** The process of the `hearth` command. */
import { createProgram } from './program.ts';
import { CommandFailed } from './settings.ts';

const program = createProgram({
  env: process.env,
  write: (text) => process.stdout.write(text),
  setStatus: (status) => {
    process.exitCode = status;
  },
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  process.stderr.write(`hearth: ${error.message}\n`);
  process.exitCode = 1;
}
