/**
 * The managed runtimes: what Hearth must know on the host to start one, and (in each runtime's
 * folder) what runs inside the sandbox. No dependencies.
 */
export { openRuntimeCatalogue } from './catalogue.ts';
export { RuntimeUnavailable } from './runtime-catalogue.ts';
export type {
  RuntimeCatalogue,
  RuntimeCatalogueOptions,
  RuntimeInstallation,
  RuntimeStatus,
} from './runtime-catalogue.ts';
