'use strict';
// What the process of a Node function runs: it loads the handler, asks the Runtime API for
// events, one at a time, and answers each. Plain CommonJS without dependencies, for Node 20 to
// 26; it mirrors AWS's own runtimes (nodejs20.x and 22.x: callback handlers, `beforeExit`;
// 24.x and later: promises only).
//
// A handler marked by `awslambda.streamifyResponse` gets a stream to write to (run-loop.cjs).
const { openRuntimeApi } = require('./runtime-api.cjs');
const { patchConsole } = require('./console.cjs');
const { provideNodePathToModules } = require('./node-path.cjs');
const { loadHandler } = require('./load-handler.cjs');
const { RunLoop } = require('./run-loop.cjs');
const { provideAwslambda } = require('./streaming.cjs');
const { awaitAssignment } = require('./await-assignment.cjs');

const major = Number(process.versions.node.split('.')[0]);
const hasCallbacks = major < 24;

async function main() {
  const api = await openRuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
  provideNodePathToModules(process.env.NODE_PATH);
  provideAwslambda();
  // Without a handler there is no function yet: this process was started ahead of need.
  if (process.env._HANDLER === undefined) await awaitAssignment(api, { hasCallbacks });
  const logError = patchConsole(process.env, {
    idWithoutInvocation: hasCallbacks ? undefined : '-',
  });
  const loop = new RunLoop({ api, logError, hasCallbacks });
  loop.watchProcess();
  try {
    const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER, {
      refusesCallbacks: !hasCallbacks,
    });
    void loop.run(handler);
  } catch (error) {
    // AWS: the line is "Uncaught Exception" up to nodejs22.x, "Init Error" from nodejs24.x on.
    await loop.end(
      hasCallbacks ? 'Uncaught Exception' : 'Init Error',
      error,
      hasCallbacks ? 129 : 1,
    );
  }
}

void main();
