// Checks the layer table of the server: a folder may import only from itself and from those
// before it. Siblings joined by a slash in the table (and the services) never import each other.
// Run by `npm run check`; exits 1 with one line for each import that breaks the table.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', 'packages/server/src');

const layers = [
  ['lib'],
  ['core'],
  ['wire'],
  ['config'],
  ['store'],
  ['iam'],
  ['observe', 'functions', 'code', 'objects', 'network', 'sandbox'],
  ['registry'],
  ['environment'],
  ['invoke'],
  ['sources'],
  ['services'],
  ['gateway'],
  ['server'],
  ['main.ts'],
];
const levelOf = new Map(layers.flatMap((names, level) => names.map((name) => [name, level])));

const importPattern = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;
const problems = [];

for (const file of globSync('**/*.ts', { cwd: root })) {
  if (/\.(test|testsuite)\.ts$/.test(file)) continue;
  const [room, ...rest] = file.split(path.sep);
  const level = levelOf.get(room);
  if (level === undefined) {
    problems.push(
      `${file}: folder '${room}' is not in the layer table of scripts/check-layers.mjs`,
    );
    continue;
  }
  const text = readFileSync(path.join(root, file), 'utf8');
  for (const [, specifier] of text.matchAll(importPattern)) {
    const target = path.relative(root, path.resolve(root, path.dirname(file), specifier));
    if (target.startsWith('..')) {
      problems.push(`${file}: imports ${specifier}, outside the server's sources`);
      continue;
    }
    const [targetRoom, targetService] = target.split(path.sep);
    const targetLevel = levelOf.get(targetRoom);
    if (targetRoom === room) {
      // Services never import each other; what they share is a file directly in services/.
      if (
        room === 'services' &&
        rest.length > 1 &&
        target.split(path.sep).length > 2 &&
        targetService !== rest[0]
      ) {
        problems.push(`${file}: service '${rest[0]}' imports service '${targetService}'`);
      }
      continue;
    }
    if (targetLevel === undefined || targetLevel >= level) {
      problems.push(`${file}: '${room}' may not import '${targetRoom}' (${specifier})`);
    }
  }
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'layers: ok' : `layers: ${problems.length} broken imports`);
process.exitCode = problems.length === 0 ? 0 : 1;
