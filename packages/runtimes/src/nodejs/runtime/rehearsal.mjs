// Imported once while a runtime boots ahead, so that the loader of ES modules has run before.
export const handler = async (event) => event;
