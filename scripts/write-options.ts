// Writes docs/options.md from the options table; `--check` fails when it is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { optionsReference } from '../packages/server/src/config/describe-options.ts';

const file = path.resolve(import.meta.dirname, '../docs/options.md');
const text = `# Options

Each is an environment variable and a flag; the flag wins. An unknown one is refused with the nearest name. This page is
written from the table in \`packages/server/src/config/option-table.ts\` by \`node scripts/write-options.ts\`.

${optionsReference()}`;

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/options.md is not current: run `node scripts/write-options.ts`.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
