/** The body of a registration: `{"events": ["INVOKE", "SHUTDOWN"]}`. Pure. */
import type { ExtensionEvent } from './extension.ts';
import type { RefusalType } from './extension-replies.ts';

export type RegisterRequest =
  | { readonly kind: 'events'; readonly events: readonly ExtensionEvent[] }
  | { readonly kind: 'refused'; readonly errorType: RefusalType; readonly message: string };

export function parseRegisterRequest(body: Uint8Array, isExternal: boolean): RegisterRequest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    const message =
      body.length === 0 ? 'unexpected end of JSON input' : (error as SyntaxError).message;
    return { kind: 'refused', errorType: 'InvalidRequestFormat', message };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return malformed('the body is not a JSON object');
  }
  if ('configurationKeys' in value && isNonEmptyArray(value.configurationKeys)) {
    return malformed('configurationKeys are deprecated; use environment variables instead');
  }
  const events: unknown = 'events' in value ? (value.events ?? []) : [];
  if (!Array.isArray(events)) return malformed('events is not a list of strings');
  return checkEvents(events, isExternal);
}

function checkEvents(events: readonly unknown[], isExternal: boolean): RegisterRequest {
  const known: ExtensionEvent[] = [];
  for (const event of events) {
    if (event === 'INVOKE' || (event === 'SHUTDOWN' && isExternal)) {
      if (!known.includes(event)) known.push(event);
      continue;
    }
    if (typeof event !== 'string') return malformed('events is not a list of strings');
    // AWS: the words of its emulator, from memory.
    const reason =
      event === 'SHUTDOWN'
        ? 'ShutdownEventNotSupportedForInternalExtension'
        : 'ErrorInvalidEventType';
    return {
      kind: 'refused',
      errorType: 'Extension.InvalidEventType',
      message: `${event}: ${reason}`,
    };
  }
  return { kind: 'events', events: known };
}

function malformed(message: string): RegisterRequest {
  return { kind: 'refused', errorType: 'InvalidRequestFormat', message };
}

function isNonEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
