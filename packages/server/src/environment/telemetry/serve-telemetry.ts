/**
 * PUT /2022-07-01/telemetry and the older PUT /2020-08-15/logs: a registered extension subscribes
 * while its environment is initialised. Statuses and error types are those of AWS's emulator.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExtensionRegistry } from '../extensions-api/extension-registry.ts';
import { collectBody } from '../runtime-api/collect-body.ts';
import { replyTooLarge, replyUnknown } from '../runtime-api/replies.ts';
import { parseSubscription, type Subscription } from './subscription.ts';
import type { Dialect } from './telemetry-event.ts';

/** What an environment lets its extensions subscribe to. */
export interface TelemetrySource {
  /** Whether init is still going on. */
  readonly takesSubscriptions: boolean;
  /** Which API this extension has subscribed with. */
  subscribedApi(extension: string): Dialect['api'] | undefined;
  /** An earlier subscription of this extension is replaced. */
  subscribe(extension: string, subscription: Subscription): void;
}

type Api = Dialect['api'];

/** AWS's guide writes the first one with and without the slash. */
const apis: Readonly<Record<string, Api>> = {
  '/2022-07-01/telemetry': 'telemetry',
  '/2022-07-01/telemetry/': 'telemetry',
  '/2020-08-15/logs': 'logs',
  '/2020-08-15/logs/': 'logs',
};
const words: Readonly<Record<Api, string>> = { telemetry: 'Telemetry', logs: 'Logs' };
const BODY_BYTES = 65_536;

/** Which of the two a path (without a query) means. */
export function telemetryApi(path: string): Api | undefined {
  return Object.hasOwn(apis, path) ? apis[path] : undefined;
}

/** `source` is undefined before there is a function. Rejects only by a bug of ours. */
export async function serveTelemetry(
  api: Api,
  { extensions, source }: { extensions: ExtensionRegistry; source: TelemetrySource | undefined },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (source === undefined) return replyUnknown(response);
  if (request.method !== 'PUT') {
    response.writeHead(405).end();
    return;
  }
  const extension = extensions.identify(request, response, (id) => `Unknown extension ${id}`);
  if (extension === undefined) return;
  const body = await collectBody(request, BODY_BYTES);
  if (body.kind === 'aborted') return;
  if (body.kind === 'too-large') return replyTooLarge(response, BODY_BYTES);
  const word = words[api];
  if (!source.takesSubscriptions) {
    const message = `${word} API subscription is closed already`;
    return reply(response, 403, error(`${word}.SubscriptionClosed`, message));
  }
  const parsed = parseSubscription(api, body.bytes);
  if (parsed.kind === 'refused') {
    return reply(response, 400, error('ValidationError', parsed.message));
  }
  const other = source.subscribedApi(extension.name);
  if (other !== undefined && other !== api) {
    // AWS: its guide says that this is an error; which one was not seen.
    const message = `The extension is subscribed by the ${words[other]} API already`;
    return reply(response, 400, error('ValidationError', message));
  }
  source.subscribe(extension.name, parsed.subscription);
  reply(response, 200, '"OK"');
}

function error(errorType: string, errorMessage: string): string {
  return `${JSON.stringify({ errorMessage, errorType })}\n`;
}

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
