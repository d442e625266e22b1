'use strict';
// NODE_PATH for ES modules. Node itself reads it for `require` only; AWS's runtimes make
// `import` find the same packages (the SDK, layers).
const nodeModule = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

/** Cheap: packages are looked for only after Node's own search has failed. */
function provideNodePathToModules(nodePath) {
  const parents = parentUrls(nodePath);
  if (typeof nodeModule.registerHooks !== 'function' || parents.length === 0) return;
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      try {
        return nextResolve(specifier, context);
      } catch (error) {
        if (!isMissingPackage(specifier, context, error)) throw error;
        for (const parentURL of parents) {
          try {
            return nextResolve(specifier, { ...context, parentURL });
          } catch {
            // Not in this folder; the first error, with the user's own file in it, is thrown.
          }
        }
        throw error;
      }
    },
  });
}

/**
 * Node 20 has no hooks in the same thread; those in a thread of their own cost some 30 ms, so
 * they are installed only when the handler is an ES module.
 */
function provideNodePathToOlderNode(nodePath) {
  const parents = parentUrls(nodePath);
  if (typeof nodeModule.registerHooks === 'function' || parents.length === 0) return;
  nodeModule.register(pathToFileURL(path.join(__dirname, 'node-path-hooks.mjs')).href, {
    data: parents,
  });
}

// A file beside `node_modules`, from which the usual search finds that folder first.
function parentUrls(nodePath) {
  return (nodePath ?? '')
    .split(':')
    .filter((folder) => path.basename(folder) === 'node_modules')
    .map((folder) => pathToFileURL(path.join(path.dirname(folder), 'any.mjs')).href);
}

function isMissingPackage(specifier, context, error) {
  return (
    error?.code === 'ERR_MODULE_NOT_FOUND' &&
    !/^(?:\.|\/|[a-z]+:)/.test(specifier) &&
    context.conditions?.includes('import') !== false
  );
}

module.exports = { provideNodePathToModules, provideNodePathToOlderNode };
