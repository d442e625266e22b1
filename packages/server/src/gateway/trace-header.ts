/** The trace that a request is part of, where it says so. */
import type { OperationContext } from '../core/operation.ts';
import type { RawHead } from './raw-request.ts';

/**
 * Handed on to the function, as a header and as a variable, so it is bounded: a real one has about
 * a hundred characters, and a variable of 128 KB would keep a function from starting programs.
 */
const traceHeaderForm = /^[!-~]{1,512}$/;

export function traceHeaderOf(head: RawHead): Pick<OperationContext, 'traceHeader'> {
  const traceHeader = head.headers['x-amzn-trace-id'] ?? '';
  return traceHeaderForm.test(traceHeader) ? { traceHeader } : {};
}
