/** What a destination is told of an event, as AWS documents the record. */
import { functionArn } from '../../../core/function-version.ts';
import type { PerformedEvent } from './performed-event.ts';

export function destinationRecord(performed: PerformedEvent, nowMs: number): object {
  const { record, event, entry, result, condition, invocations } = performed;
  return {
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    requestContext: {
      requestId: entry.id,
      functionArn: functionArn(record, event.qualifier ?? '$LATEST'),
      condition,
      approximateInvokeCount: invocations,
    },
    requestPayload: asJson(entry.body),
    ...(result === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: result.executedVersion,
            ...(result.functionError === undefined ? {} : { functionError: result.functionError }),
          },
          responsePayload: asJson(result.payload),
        }),
  };
}

/** What is told where no more fits. */
export function withoutPayloads(record: object): object {
  const payloads = new Set(['requestPayload', 'responsePayload']);
  return Object.fromEntries(Object.entries(record).filter(([name]) => !payloads.has(name)));
}

/** What the function, or Lambda about it, said of the last error; empty where it never ran. */
export function errorMessageOf({ result, condition }: PerformedEvent): string {
  if (result === undefined) return condition;
  const payload = asJson(result.payload);
  if (typeof payload !== 'object' || payload === null) return '';
  const { errorMessage } = payload as { readonly errorMessage?: unknown };
  return typeof errorMessage === 'string' ? errorMessage : '';
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` */
export function objectKey(name: string, nowMs: number, id: string): string {
  const [day = '', time = ''] = new Date(nowMs).toISOString().split('T');
  const clock = time.slice(0, 8).replaceAll(':', '.');
  return `aws/lambda/async/${name}/${day.replaceAll('-', '/')}/${day}T${clock}-${id}`;
}

/** Payloads were checked when they came; what a function says may be no JSON. */
function asJson(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString();
  try {
    return JSON.parse(text);
  } catch {
    // A custom runtime may answer anything: then its text stands there.
    return text;
  }
}
