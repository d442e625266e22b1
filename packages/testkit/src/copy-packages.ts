/** Packages that this repository has from npm, as `npm install` would put them into another folder. */
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';

const installed = path.resolve(import.meta.dirname, '../../../node_modules');

/** With all that they depend on; each must be there once, at the top. */
export async function copyPackages(names: readonly string[], folder: string): Promise<void> {
  const all = new Set(names);
  // A set is walked in order, with what is added meanwhile.
  for (const name of all) {
    const source = path.join(installed, name);
    const manifest = await readFile(path.join(source, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: object };
    for (const each of Object.keys(dependencies)) all.add(each);
    await cp(source, path.join(folder, 'node_modules', name), { recursive: true });
  }
}
