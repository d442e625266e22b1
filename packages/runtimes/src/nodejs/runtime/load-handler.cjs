'use strict';
// From the handler's name to the function, by AWS's rules: `folder/module.export`, where the
// export may be nested (`module.a.b`). Errors carry AWS's types and texts.
const fs = require('node:fs');
const nodeModule = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { runtimeError } = require('./errors.cjs');
const { provideNodePathToOlderNode } = require('./node-path.cjs');
const { isStreaming } = require('./streaming.cjs');

const major = Number(process.versions.node.split('.')[0]);

// User code sees AWS's name of the runtime in a "Require stack".
const requireForUser = nodeModule.createRequire(
  path.join(process.env.LAMBDA_RUNTIME_DIR ?? __dirname, 'index.mjs'),
);

async function loadHandler(taskRoot, name, { refusesCallbacks }) {
  const { folder, moduleName, exportPath } = parseName(name);
  const loaded = await load(path.resolve(taskRoot, folder), moduleName, taskRoot);
  const handler = exportOf(loaded, exportPath) ?? exportOf(loaded?.default, exportPath);
  if (!handler) throw runtimeError('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') {
    throw runtimeError('HandlerNotFound', `${name} is not a function`);
  }
  // The third argument of a streaming handler is its context.
  if (refusesCallbacks && handler.length >= 3 && !isStreaming(handler)) {
    throw runtimeError(
      'CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
  return handler;
}

function parseName(name) {
  if (name.includes('..')) {
    throw runtimeError(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const last = path.basename(name);
  const dot = last.indexOf('.');
  if (dot < 0) throw runtimeError('MalformedHandlerName', 'Bad handler');
  const folder = name.slice(0, name.indexOf(last));
  return { folder, moduleName: last.slice(0, dot), exportPath: last.slice(dot + 1) };
}

async function load(folder, moduleName, taskRoot) {
  try {
    const file = path.join(folder, moduleName);
    for (const attempt of attempts(file)) {
      if (fs.existsSync(attempt.path)) return await attempt.load(attempt.path);
    }
    return requireForUser(requireForUser.resolve(moduleName, { paths: [taskRoot, folder] }));
  } catch (error) {
    if (error instanceof SyntaxError) {
      const wrapped = runtimeError('UserCodeSyntaxError', String(error));
      wrapped.stack = error.stack;
      throw wrapped;
    }
    if (error?.code === 'MODULE_NOT_FOUND') throw runtimeError('ImportModuleError', String(error));
    throw error;
  }
}

/** Where the module may be, in AWS's order. */
function attempts(file) {
  const loadJs = isInModulePackage(path.dirname(file)) ? importModule : requireModule;
  const known = [
    { path: file, load: requireModule },
    { path: `${file}.js`, load: loadJs },
    { path: `${file}.mjs`, load: importModule },
    { path: `${file}.cjs`, load: requireModule },
  ];
  if (major < 24) return known;
  // Node 24 runs TypeScript by leaving out the types.
  return [
    ...known,
    { path: `${file}.ts`, load: loadJs },
    { path: `${file}.mts`, load: importModule },
    { path: `${file}.cts`, load: requireModule },
  ];
}

async function requireModule(file) {
  try {
    return requireForUser(file);
  } catch (error) {
    // An ES module with a top-level await cannot be required, only imported.
    if (error?.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return importModule(file);
  }
}

function importModule(file) {
  provideNodePathToOlderNode(process.env.NODE_PATH);
  return import(pathToFileURL(file).href);
}

/** Whether the nearest package.json says `"type": "module"`. */
function isInModulePackage(folder) {
  if (path.basename(folder) === 'node_modules') return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(
        `${file} cannot be read, it will be ignored for ES module detection purposes.`,
        error,
      );
      return false;
    }
  }
  const parent = path.dirname(folder);
  return parent !== folder && isInModulePackage(parent);
}

function exportOf(loaded, exportPath) {
  let value = loaded;
  for (const key of exportPath.split('.')) value = value?.[key];
  return value;
}

module.exports = { loadHandler };
