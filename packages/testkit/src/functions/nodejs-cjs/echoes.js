// Answers the event, the context, and how often this environment was invoked.
let count = 0;

exports.handler = async (event, context) => {
  count += 1;
  const { getRemainingTimeInMillis, ...members } = context;
  return {
    event,
    context: members,
    count,
    remainingMs: getRemainingTimeInMillis(),
    traceId: process.env._X_AMZN_TRACE_ID,
  };
};
exports.inner = { handler: async (event) => event };
exports.notAFunction = 42;
