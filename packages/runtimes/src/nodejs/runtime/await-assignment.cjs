'use strict';
// A runtime that was started before there is a function for it: it practises what an invocation
// does, so that the first real one runs warm code, then waits until it is told whose it is. What
// it leaves must be what a process has that was started for the function.
const nodeModule = require('node:module');
const { setLoggedInvocation } = require('./console.cjs');
const { RunLoop } = require('./run-loop.cjs');
const { loadHandler } = require('./load-handler.cjs');

/** More make neither the first answer nor the next ones faster. */
const ROUNDS = 5;

async function awaitAssignment(api, { hasCallbacks }) {
  await rehearse(api, hasCallbacks);
  const { status, body } = await api.assignment();
  if (status !== 200) throw new Error(`There was no assignment (${status}).`);
  const { env, cwd } = JSON.parse(body.toString('utf8'));
  for (const [name, value] of Object.entries(env)) process.env[name] = value;
  // The folder has been mounted over the empty one in which this process started.
  process.chdir(cwd);
}

async function rehearse(api, hasCallbacks) {
  // In Node 20 an import costs a thread of hooks, which only functions that import should pay.
  const importsCheaply = typeof nodeModule.registerHooks === 'function';
  const handler = importsCheaply
    ? await loadHandler(__dirname, 'rehearsal.handler', { refusesCallbacks: !hasCallbacks })
    : async (event) => event;
  const loop = new RunLoop({ api, logError: () => {}, hasCallbacks });
  for (let round = 0; round < ROUNDS; round += 1) await loop.rehearse(handler);
  delete process.env._X_AMZN_TRACE_ID;
  setLoggedInvocation(undefined);
}

module.exports = { awaitAssignment };
