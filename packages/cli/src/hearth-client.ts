/** One signed request to a Hearth server, and its answer as JSON or as a sentence. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { CommandFailed, type Settings } from './settings.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without a query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** The name in the signature's scope: `hearth` for its own paths, else AWS's (`lambda`). */
  readonly service?: string;
}

/** Rejects with `CommandFailed`: no server, no right, no such thing. */
export async function send<Answer>(settings: Settings, request: ApiRequest): Promise<Answer> {
  const body = request.body === undefined ? '' : JSON.stringify(request.body);
  const signed = await sign(settings, request, body);
  const response = await reach(settings, request, signed, body);
  const text = await response.text();
  // What has nothing to say (204) has an empty body.
  const answer = response.ok && text === '' ? {} : parse(text);
  if (response.ok && answer !== undefined) return answer as Answer;
  const { __type: code, message } = (answer ?? {}) as { __type?: string; message?: string };
  if (message === undefined) {
    const what = `${request.method} ${request.path} with status ${response.status}`;
    throw new CommandFailed(`${settings.endpoint} answered ${what}: is it a Hearth server?`);
  }
  throw new CommandFailed(code === undefined ? message : `${code}: ${message}`);
}

async function sign(
  settings: Settings,
  { method, path, service = 'hearth' }: ApiRequest,
  body: string,
): Promise<Record<string, string>> {
  const { protocol, host, hostname } = new URL(settings.endpoint);
  const { credentials, region } = settings;
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 as never });
  const headers = { host, 'content-type': 'application/json' };
  const request = await signer.sign({ method, protocol, hostname, path, headers, body });
  return request.headers;
}

async function reach(
  { endpoint }: Settings,
  { method, path }: ApiRequest,
  headers: Record<string, string>,
  body: string,
): Promise<Response> {
  try {
    return await fetch(`${endpoint}${path}`, { method, headers, ...(body === '' ? {} : { body }) });
  } catch (cause) {
    throw new CommandFailed(
      `No server answers at ${endpoint}. Start one with \`npm start\`, or say where it is with ` +
        '--endpoint-url or AWS_ENDPOINT_URL.',
      { cause },
    );
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Node's hash in the form that the signer takes. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }

  update(chunk: string | Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}
