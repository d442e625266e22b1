// The smallest useful function: says hello, and shows that its environment is warm the second time.
let invocations = 0;

export const handler = async (event, context) => {
  invocations += 1;
  console.log('hello from', context.functionName, 'with', JSON.stringify(event));
  return {
    message: `Hello, ${event.name ?? 'world'}!`,
    invocationsOfThisEnvironment: invocations,
    remainingMs: context.getRemainingTimeInMillis(),
  };
};
