'use strict';
// Errors as Lambda reports them: the JSON of the Runtime API and of the log, and the runtime's
// own error types.

/** An error of the runtime itself; `type` is what AWS calls it. */
function runtimeError(type, message) {
  const error = new Error(message);
  // Not enumerable, so that it is not a member of the logged JSON beside `errorType`.
  Object.defineProperty(error, 'name', { value: `Runtime.${type}`, configurable: true });
  // The stack's first line was written before the name was known.
  if (typeof error.stack === 'string') {
    error.stack = error.stack.replace(/^Error/, `Runtime.${type}`);
  }
  return error;
}

/** A thrown value as a real error, for the log. */
function intoError(thrown) {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The body of `/error` and `/init/error`. */
function errorBody(thrown) {
  try {
    if (isErrorLike(thrown)) {
      return {
        errorType: withoutDelete(thrown.name),
        errorMessage: withoutDelete(thrown.message),
        trace: withoutDelete(thrown.stack ?? '').split('\n'),
      };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

/** The JSON after `Invoke Error \t` in the text log. */
function errorLogJson(error) {
  try {
    return JSON.stringify(error, (_key, value) => withHiddenMembers(value));
  } catch {
    return JSON.stringify(errorBody(error));
  }
}

/** What X-Ray is told of the cause, or undefined where it cannot be said. */
function xrayCause(thrown) {
  try {
    const stack = String(thrown.stack ?? '')
      .split('\n')
      .slice(1)
      .map(stackFrame);
    const { name: type, message } = thrown;
    const cause = {
      working_directory: process.cwd(),
      exceptions: [{ type, message, stack }],
      paths: [...new Set(stack.map((frame) => frame.path))],
    };
    // A header must be printable ASCII and small; AWS leaves out what is larger than 1 MB.
    const text = JSON.stringify(cause).replace(
      /[^\x20-\x7e]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    return text.length < 65_536 ? text : undefined;
  } catch {
    return undefined;
  }
}

function stackFrame(line) {
  const words = line.trim().replace(/[()]/g, '').replace(/^\S+ /, '');
  const space = words.lastIndexOf(' ');
  const label = space < 0 ? 'anonymous' : words.slice(0, space);
  const [path, lineNumber] = words.slice(space + 1).split(':');
  return { path, line: Number.parseInt(lineNumber, 10), label };
}

// Errors of another realm (vm, jest) are not instances of our Error.
function isErrorLike(value) {
  return (
    value instanceof Error ||
    (value !== null &&
      typeof value === 'object' &&
      typeof value.name === 'string' &&
      typeof value.message === 'string' &&
      typeof value.stack === 'string')
  );
}

function withHiddenMembers(value) {
  if (!(value instanceof Error)) return value;
  const { name: errorType, message: errorMessage, code, stack } = value;
  const members = Object.assign({ errorType, errorMessage, code }, value);
  if (typeof stack === 'string') members.stack = stack.split('\n');
  return members;
}

// AWS: its HTTP client breaks on DEL in a header; it is written as %7F everywhere.
function withoutDelete(text) {
  return String(text).replaceAll('\x7f', '%7F');
}

module.exports = { errorBody, errorLogJson, intoError, runtimeError, xrayCause };
