/** Pushes an image as a registry's clients do: each part in pieces, then the manifest under a tag. */

export interface PushedImage {
  readonly digest: string;
  readonly manifest: Buffer;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export interface Registry {
  readonly endpoint: string;
  /** The value of the header: as `GetAuthorizationToken` gives it, after `Basic`. */
  readonly authorization: string;
}

const PIECE_BYTES = 5 * 1_048_576;

export async function pushImage(
  registry: Registry,
  name: string,
  tag: string,
  image: PushedImage,
): Promise<void> {
  for (const [digest, bytes] of image.blobs) await pushPart(registry, name, digest, bytes);
  const type = (JSON.parse(image.manifest.toString()) as { readonly mediaType: string }).mediaType;
  await ask(registry, 'PUT', `/v2/${name}/manifests/${tag}`, image.manifest, {
    'content-type': type,
  });
}

/** Rejects where the answer is no success. */
export async function ask(
  { endpoint, authorization }: Registry,
  method: string,
  path: string,
  body?: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await fetch(new URL(path, endpoint), {
    method,
    headers: { authorization, ...headers },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  if (response.ok) return response;
  throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

async function pushPart(
  registry: Registry,
  name: string,
  digest: string,
  bytes: Buffer,
): Promise<void> {
  const begun = await ask(registry, 'POST', `/v2/${name}/blobs/uploads/`);
  let location = begun.headers.get('location') ?? '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    const answer = await ask(registry, 'PATCH', location, piece, {
      'content-range': `${at}-${at + piece.length - 1}`,
      'content-type': 'application/octet-stream',
    });
    location = answer.headers.get('location') ?? '';
  }
  const mark = location.includes('?') ? '&' : '?';
  await ask(registry, 'PUT', `${location}${mark}digest=${digest}`);
}
