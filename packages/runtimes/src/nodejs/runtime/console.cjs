'use strict';
// console.* in Lambda's formats. One call is one line on stdout: newlines inside become carriage
// returns, as AWS's runtime does it when it writes to stdout, so that a message stays one event.
const { format } = require('node:util');
const { errorLogJson, intoError } = require('./errors.cjs');

const severities = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
// Tracing libraries read the id under this name of AWS's runtime.
const requestIdKey = Symbol.for('aws.lambda.runtime.requestId');
let currentTenantId;

function setLoggedInvocation(requestId, tenantId) {
  globalThis[requestIdKey] = requestId;
  currentTenantId = tenantId;
}

/** Patches the console. Returns how the runtime itself logs an error: `(words, thrown) => void`. */
function patchConsole(env, { idWithoutInvocation }) {
  setLoggedInvocation(idWithoutInvocation);
  const isJson = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
  const least = severities[env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? severities.TRACE;
  const lineOf = isJson ? jsonLine : textLine;
  const logAt = (level) => {
    if (severities[level] < least) return () => {};
    return (...values) => {
      const line = lineOf(new Date().toISOString(), level, values).replace(/\n/g, '\r');
      process.stdout.write(`${line}\n`);
    };
  };
  console.trace = logAt('TRACE');
  console.debug = logAt('DEBUG');
  console.info = logAt('INFO');
  console.log = console.info;
  console.warn = logAt('WARN');
  console.error = logAt('ERROR');
  console.fatal = logAt('FATAL');
  return isJson
    ? (_words, thrown) => console.error(intoError(thrown))
    : (words, thrown) => console.error(words, `\t${errorLogJson(intoError(thrown))}`);
}

function textLine(time, level, values) {
  return `${time}\t${globalThis[requestIdKey]}\t${level}\t${format(...values)}`;
}

function jsonLine(timestamp, level, values) {
  const record = { timestamp, level, requestId: globalThis[requestIdKey] };
  if (currentTenantId) record.tenantId = currentTenantId;
  if (values.length === 1) {
    record.message = values[0];
    try {
      return JSON.stringify(record, expandError);
    } catch {
      // A cycle or a BigInt: shown as the text format would.
      return JSON.stringify({ ...record, message: format(values[0]) });
    }
  }
  record.message = format(...values);
  const error = values.find((value) => value instanceof Error);
  if (error !== undefined) Object.assign(record, errorMembers(error));
  return JSON.stringify(record);
}

function expandError(_key, value) {
  return value instanceof Error ? Object.assign(errorMembers(value), value) : value;
}

function errorMembers(error) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}

module.exports = { patchConsole, setLoggedInvocation };
