export const handler = async (event) => ({ event, url: import.meta.url.split('/').at(-1) });
export default { other: async () => 'of the default export' };
