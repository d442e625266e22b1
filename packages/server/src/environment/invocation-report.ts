/** What an answer means as an outcome, and the figures of its REPORT line. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Outcome } from '../core/outcome.ts';
import type { InvocationReport } from './log/environment-log.ts';
import type { RuntimeAnswer } from './runtime-api/runtime-session.ts';

export type ReportStatus = {
  readonly status: InvocationReport['status'];
  readonly errorType?: string;
};

interface ReportFacts {
  readonly durationMs: number;
  readonly memoryMib: number;
  readonly status: ReportStatus;
  readonly initMs?: number;
}

const TOO_LARGE = 'Function.ResponseSizeTooLarge';

export function answerOutcome(answer: RuntimeAnswer): Outcome {
  switch (answer.kind) {
    case 'response':
      return { kind: 'succeeded', payload: answer.payload };
    case 'error':
      return { kind: 'function-error', errorType: answer.errorType, payload: answer.payload };
    case 'too-large': {
      const errorMessage =
        'Response payload size exceeded maximum allowed payload size ' +
        `(${answer.limitBytes} bytes).`;
      const payload = Buffer.from(JSON.stringify({ errorMessage, errorType: TOO_LARGE }));
      return { kind: 'function-error', errorType: TOO_LARGE, payload };
    }
  }
}

export function report({ status, ...facts }: ReportFacts): InvocationReport {
  // AWS: since August 2025 the init of a cold start is billed with its first invocation.
  const hundredths = shownHundredths(facts.durationMs) + shownHundredths(facts.initMs ?? 0);
  return { ...facts, ...status, billedMs: Math.ceil(hundredths / 100) };
}

/** Of the duration as the REPORT line shows it: 2.004 ms, shown as 2.00, are billed as 2 ms. */
function shownHundredths(ms: number): number {
  return Math.round(Number(ms.toFixed(2)) * 100);
}

/**
 * Output that a runtime wrote before it called us lies in the pipe when the call arrives. Two
 * turns of the loop read it, so that it comes before what is logged next.
 */
export async function drained(): Promise<void> {
  await turn();
  await turn();
}
