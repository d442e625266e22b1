/** What is the same for the sandboxes of all functions. */
export const RUNTIME_API_PORT = 9001;
export const AWS_ENDPOINT_PORT = 4566;
/**
 * CPUs during init, whatever the function's share is: AWS gives init a burst as well, and at
 * 128 MB (0.07 CPUs) an interpreter alone would take half a second to start.
 */
export const INIT_CPUS = 2;
