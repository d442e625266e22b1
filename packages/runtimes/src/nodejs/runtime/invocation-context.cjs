'use strict';
// The handler's `context`, from the headers of `/next` and Lambda's variables.
const { runtimeError } = require('./errors.cjs');

function createContext(headers, env) {
  const deadlineMs = Number.parseInt(headers['lambda-runtime-deadline-ms'], 10);
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: jsonOf(headers, 'lambda-runtime-client-context'),
    identity: jsonOf(headers, 'lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

function jsonOf(headers, name) {
  const text = headers[name];
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw runtimeError('PlatformError', `Failed to parse ${name} as JSON: ${error.message}`);
  }
}

module.exports = { createContext };
