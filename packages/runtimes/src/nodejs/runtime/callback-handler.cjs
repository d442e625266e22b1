'use strict';
// Handlers of nodejs20.x and 22.x: they may return a promise, call the third argument, or call
// context.done, succeed or fail. The first of these decides.

/** Calls the handler; it ends through exactly one of `resolve` and `reject`. */
function callWithCallback(handler, event, context, { resolve, reject, whenLoopIsEmpty }) {
  let waits = true;
  const once = onlyTheFirst();
  const done = (error, result) => (isError(error) ? reject(error) : resolve(result));
  Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', {
    get: () => waits,
    set: (value) => {
      waits = value;
    },
    enumerable: true,
    configurable: true,
  });
  context.done = once(done);
  context.succeed = once((result) => done(null, result));
  context.fail = once((error) => done(isError(error) ? error : 'handled'));
  const callback = once((error, result) => {
    if (isError(error) || !waits) done(error, result);
    else whenLoopIsEmpty(() => resolve(result));
  });
  try {
    const returned = handler(event, context, callback);
    // A callback handler's return value means nothing; a promise decides as succeed and fail do.
    if (typeof returned?.then === 'function') returned.then(context.succeed, context.fail);
  } catch (error) {
    callback(error ?? new Error(String(error)));
  }
}

function onlyTheFirst() {
  let isDone = false;
  return (action) =>
    (...args) => {
      if (isDone) return;
      isDone = true;
      action(...args);
    };
}

function isError(error) {
  return error !== undefined && error !== null;
}

module.exports = { callWithCallback };
