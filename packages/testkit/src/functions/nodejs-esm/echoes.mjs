const started = await Promise.resolve('with a top-level await');

export const handler = async (event) => ({ event, started });
