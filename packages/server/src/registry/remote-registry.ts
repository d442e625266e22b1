/**
 * Another registry, as far as images are pulled from it: OCI's distribution API by HTTPS, and by HTTP on
 * loopback. Whoever it asks for names the token that it wants, or takes a password.
 *
 * What comes is checked by whoever keeps it: its digest is its name.
 */
import { createHash } from 'node:crypto';
import { INDEX_TYPES, MANIFEST_BYTES, MANIFEST_TYPES } from '../core/image/image-manifest.ts';
import type { RegistryAccess } from '../core/registry-list.ts';

export interface RemoteManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export class RemoteRefused extends Error {
  readonly status: number;

  constructor(host: string, status: number) {
    super(`The registry ${host} answers ${status}.`);
    this.status = status;
  }

  override get name(): string {
    return 'RemoteRefused';
  }
}

const MANIFEST_MS = 30_000;
/** 10 GB on a slow line. */
const BLOB_MS = 3_600_000;
/** What people call it is not where it is. */
const HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

export class RemoteRegistry {
  readonly #access: RegistryAccess;
  readonly #base: string;
  /** By repository. */
  readonly #tokens = new Map<string, string>();

  constructor(access: RegistryAccess) {
    this.#access = access;
    const host = HOSTS[access.host] ?? access.host;
    this.#base = `${isLoopback(host) ? 'http' : 'https'}://${host}`;
  }

  /** `reference` is a tag or a digest. Rejects with `RemoteRefused`, or what the network says. */
  async manifest(name: string, reference: string): Promise<RemoteManifest> {
    const accept = [...MANIFEST_TYPES, ...INDEX_TYPES].join(', ');
    const path = `/v2/${name}/manifests/${reference}`;
    const response = await this.#get(name, path, { accept }, MANIFEST_MS);
    const bytes = await boundedBody(response);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (reference.startsWith('sha256:') && reference !== digest) {
      throw new Error(
        `The registry ${this.#access.host} has sent another manifest than was asked for.`,
      );
    }
    const mediaType = response.headers.get('content-type')?.split(';', 1)[0] ?? '';
    return { digest, mediaType, bytes };
  }

  async blob(name: string, digest: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#get(name, `/v2/${name}/blobs/${digest}`, {}, BLOB_MS);
    if (response.body === null) throw new Error('There is no body.');
    return response.body;
  }

  async #get(
    name: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    limitMs: number,
  ): Promise<Response> {
    const ask = async (authorization: string | undefined): Promise<Response> =>
      await fetch(`${this.#base}${path}`, {
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
        signal: AbortSignal.timeout(limitMs),
      });
    const first = await ask(this.#tokens.get(name));
    if (first.ok) return first;
    await first.body?.cancel();
    if (first.status !== 401) throw new RemoteRefused(this.#access.host, first.status);
    const authorization = await this.#authorise(first.headers.get('www-authenticate') ?? '', name);
    const second = authorization === undefined ? first : await ask(authorization);
    if (!second.ok || authorization === undefined) {
      if (second !== first) await second.body?.cancel();
      throw new RemoteRefused(this.#access.host, second.status);
    }
    this.#tokens.set(name, authorization);
    return second;
  }

  /** What the registry wants to be shown; undefined where there is nothing to show. */
  async #authorise(challenge: string, name: string): Promise<string | undefined> {
    const { user, password = '' } = this.#access;
    const basic =
      user === undefined
        ? undefined
        : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (!/^bearer\s/i.test(challenge)) return basic;
    const { realm = '', service, scope } = parametersOf(challenge);
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url === undefined || !this.#isTrusted(url)) return undefined;
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope ?? `repository:${name}:pull`);
    const response = await fetch(url, {
      headers: basic === undefined ? {} : { authorization: basic },
      signal: AbortSignal.timeout(MANIFEST_MS),
    });
    if (!response.ok) throw new RemoteRefused(url.host, response.status);
    const { token, access_token: other } = (await response.json()) as Readonly<
      Record<string, unknown>
    >;
    const given = token ?? other;
    return typeof given === 'string' ? `Bearer ${given}` : undefined;
  }

  /** A password is not sent in clear to anybody but this machine. */
  #isTrusted({ protocol, host }: URL): boolean {
    return protocol === 'https:' || (isLoopback(host) && this.#base.startsWith('http:'));
  }
}

async function boundedBody(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MANIFEST_BYTES) throw new Error('The manifest is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parametersOf(challenge: string): Readonly<Record<string, string>> {
  const pairs = [...challenge.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3})(:\d+)?$/i.test(host);
}
