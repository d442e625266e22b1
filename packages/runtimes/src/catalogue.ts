import { RuntimeUnavailable } from './runtime-catalogue.ts';
import type {
  RuntimeCatalogue,
  RuntimeCatalogueOptions,
  RuntimeFamily,
  RuntimeInstallation,
} from './runtime-catalogue.ts';
import { createNodejsFamily } from './nodejs/family.ts';
import { createPythonFamily } from './python/family.ts';
import { createProvidedFamily } from './provided/family.ts';
import { createUnsupportedFamily } from './unsupported-family.ts';

/** Looks at the machine (no more than where interpreters are); fetches nothing yet. */
export async function openRuntimeCatalogue(
  options: RuntimeCatalogueOptions,
): Promise<RuntimeCatalogue> {
  const families: readonly RuntimeFamily[] = [
    createNodejsFamily(options),
    await createPythonFamily(options),
    createProvidedFamily(),
    createUnsupportedFamily(),
  ];
  const familyOf = new Map(
    families.flatMap((family) => family.identifiers.map((each) => [each, family] as const)),
  );
  const installations = new Map<string, Promise<RuntimeInstallation>>();
  return {
    install: (identifier) => {
      const known = installations.get(identifier);
      if (known !== undefined) return known;
      const installation = installFrom(familyOf.get(identifier), identifier);
      installations.set(identifier, installation);
      // What failed once may work the next time: the network is back, a package is installed.
      installation.catch(() => installations.delete(identifier));
      return installation;
    },
    survey: async () =>
      Promise.all([...familyOf].map(([identifier, family]) => family.status(identifier))),
  };
}

async function installFrom(
  family: RuntimeFamily | undefined,
  identifier: string,
): Promise<RuntimeInstallation> {
  if (family === undefined) throw new RuntimeUnavailable(`There is no runtime '${identifier}'.`);
  return family.install(identifier);
}
