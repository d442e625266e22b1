/** What a function's environment variables may be, in AWS's words. */
import { invalidParameter } from './lambda-errors.ts';

const RESERVED: ReadonlySet<string> = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_MAX_CONCURRENCY',
  'AWS_LAMBDA_METADATA_API',
  'AWS_LAMBDA_METADATA_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

const UNABLE =
  'Lambda was unable to configure your environment variables because the environment variables you have provided';

export function checkEnvironment(
  variables: Readonly<Record<string, string>>,
  mostBytes: number,
): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    throw invalidParameter(
      `${UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  // No process can be started with such a value; the names' form is the API model's constraint.
  const unusable = Object.keys(variables).find((name) => variables[name]?.includes('\0'));
  if (unusable !== undefined) {
    throw invalidParameter(`${UNABLE} contains a NUL character in ${unusable}.`);
  }
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > mostBytes) {
    throw invalidParameter(
      `${UNABLE} exceeded the ${mostBytes / 1024}KB limit. String measured: ${measured}`,
    );
  }
}
