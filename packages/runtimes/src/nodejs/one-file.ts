/**
 * The bootstrap's modules as one file. To find, open and wrap some twenty small ones takes an
 * interpreter a tenth of its start, each time; what they do and how they fail stays the same.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Each module is run when it is first asked for, as by Node itself. */
const HEAD = `'use strict';
// Hearth's runtime for Node functions: the files of packages/runtimes/src/nodejs/runtime in one.
const sources = {};
const loaded = {};
function load(name) {
  if (!(name in sources)) return require(name);
  loaded[name] ??= { exports: {}, isLoaded: false };
  const own = loaded[name];
  if (!own.isLoaded) {
    own.isLoaded = true;
    sources[name](own, load);
  }
  return own.exports;
}
`;

/** `main` is what runs; names are those of files in `folder`. */
export async function inOneFile(
  folder: string,
  main: string,
  names: readonly string[],
): Promise<string> {
  const parts = names.map(async (name) => {
    const text = await readFile(path.join(folder, name), 'utf8');
    return `sources['./${name}'] = function (module, require) {\n${text}};\n`;
  });
  return `${HEAD}${(await Promise.all(parts)).join('')}load('./${main}');\n`;
}
