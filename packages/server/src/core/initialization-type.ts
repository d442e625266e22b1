/** For what an environment was initialised, as `AWS_LAMBDA_INITIALIZATION_TYPE` says it. */
export type InitializationType = 'on-demand' | 'provisioned-concurrency';
