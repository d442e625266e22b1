/**
 * Which function URL a request names: by a host of its own, as on AWS, or by a path of this server
 * for clients that cannot resolve such a name. Pure.
 */
export interface UrlAddress {
  readonly id: string;
  /** As the host names it; a path names none. */
  readonly region: string | undefined;
  /** What the function sees as the path. */
  readonly path: string;
  readonly kind: 'host' | 'path';
}

const HOST = /^([a-z0-9]{32})\.lambda-url\.([a-z0-9-]+)\.(?:localhost|on\.aws)(?::\d+)?$/;
const PATH = /^\/_hearth\/url\/([a-z0-9]{32})(\/.*)?$/s;

export function urlAddress(head: {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}): UrlAddress | undefined {
  const byHost = HOST.exec((head.headers['host'] ?? '').toLowerCase());
  if (byHost !== null) {
    const [, id = '', region] = byHost;
    return { id, region, path: head.path, kind: 'host' };
  }
  const byPath = PATH.exec(head.path);
  if (byPath === null) return undefined;
  const [, id = '', path = '/'] = byPath;
  return { id, region: undefined, path, kind: 'path' };
}
