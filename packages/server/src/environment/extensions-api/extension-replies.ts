/** What the Extensions API answers: statuses, headers and JSON as AWS's emulator writes them. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

export type RefusalType =
  | 'Extension.InvalidExtensionName'
  | 'Extension.RegistrationClosed'
  | 'Extension.UnknownExtensionIdentifier'
  | 'Extension.MissingExtensionIdentifier'
  | 'Extension.InvalidExtensionIdentifier'
  | 'Extension.InvalidExtensionState'
  | 'Extension.MissingHeader'
  | 'Extension.TooManyExtensions'
  | 'Extension.InvalidEventType'
  | 'InvalidRequestFormat';

/** AWS: every refusal of this API has the status 403. */
export function refuse(response: ServerResponse, errorType: RefusalType, message: string): void {
  replyJson(response, 403, { errorMessage: message, errorType });
}

export function refuseTransition(
  response: ServerResponse,
  { from, to, extension }: { readonly from: string; readonly to: string; extension: string },
): void {
  refuse(
    response,
    'Extension.InvalidExtensionState',
    `State transition from ${from} to ${to} failed for extension ${extension}. ` +
      'Error: State transition is not allowed',
  );
}

export function replyRegistered(response: ServerResponse, identifier: string, facts: object): void {
  replyJson(response, 200, facts, { 'Lambda-Extension-Identifier': identifier });
}

export function replyEvent(response: ServerResponse, event: object): void {
  replyJson(response, 200, event, { 'Lambda-Extension-Event-Identifier': randomUUID() });
}

export function replyAccepted(response: ServerResponse): void {
  replyJson(response, 202, { status: 'OK' });
}

function replyJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    ...headers,
  });
  response.end(body);
}
