import type { RuntimeFamily } from '../runtime-catalogue.ts';

/**
 * The OS-only runtimes: the function's own `bootstrap`, or that of a layer, is the runtime.
 * Nothing is mounted; the two Amazon Linux generations differ here in nothing but their names,
 * as the sandbox shows the host's system.
 */
export function createProvidedFamily(): RuntimeFamily {
  const entryPoints = ['/var/task/bootstrap', '/opt/bootstrap'];
  return {
    identifiers: ['provided.al2', 'provided.al2023'],
    install: async (identifier) => ({
      identifier,
      versionLabel: `${identifier.replace('.', ':')}.v1`,
      argv: entryPoints.slice(0, 1),
      env: {},
      mounts: [],
      entryPoints,
    }),
    status: async (identifier) => ({
      identifier,
      isAvailable: true,
      detail: "Runs the function's own bootstrap on this machine's system.",
    }),
  };
}
