// Writes the pages of docs/reference that the code knows; `--check` fails when one is not current.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { limitsReference } from '../packages/server/src/core/describe-limits.ts';
import { metricsReference } from '../packages/server/src/server/describe-metrics.ts';
import { apiReference } from '../packages/server/src/services/lambda/describe-api.ts';

const folder = path.resolve(import.meta.dirname, '../docs/reference');
const pages: Readonly<Record<string, string>> = {
  'api.md': apiReference(),
  'limits.md': limitsReference(),
  'metrics.md': metricsReference(),
};

mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const file = path.join(folder, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(
      `docs/reference/${name} is not current: run \`node scripts/write-reference.ts\`.`,
    );
    process.exitCode = 1;
  }
}
