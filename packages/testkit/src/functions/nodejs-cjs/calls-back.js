exports.handler = (event, context, callback) => {
  setTimeout(() => callback(null, { got: event }), 5);
};
exports.waits = (event, context, callback) => {
  callback(null, 'answered');
  setTimeout(() => console.log('still here'), 20);
};
exports.doesNotWait = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setTimeout(() => {}, 60_000);
  callback(null, 'answered');
};
exports.fails = (event, context, callback) => callback(new TypeError('called back'));
exports.done = (event, context) => context.done(null, 'done');
exports.succeed = (event, context) => context.succeed('succeeded');
exports.fail = (event, context) => context.fail('failed');
exports.forgets = () => {};
