/** The paths of OCI's distribution API, and what each of its requests needs to be allowed. Pure. */
import { DIGEST } from '../../core/image/read-json.ts';
import { isRepositoryName } from '../../registry/repository.ts';

export type RegistryRoute =
  | { readonly kind: 'version' }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  /** By a tag or a digest. */
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly name: string };

const PREFIX = '/v2/';

/** Undefined for a path that no registry has. */
export function routeOf(path: string): RegistryRoute | undefined {
  if (path === PREFIX || path === '/v2') return { kind: 'version' };
  const [, name = '', noun, rest = ''] =
    /^\/v2\/(.+?)\/(blobs|manifests|tags)\/(.*)$/.exec(decoded(path)) ?? [];
  if (!isRepositoryName(name)) return undefined;
  if (noun === 'manifests') {
    return rest === '' ? undefined : { kind: 'manifest', name, reference: rest };
  }
  if (noun === 'tags') return rest === 'list' ? { kind: 'tags', name } : undefined;
  if (DIGEST.test(rest)) return { kind: 'blob', name, digest: rest };
  if (rest === 'uploads' || rest === 'uploads/') return { kind: 'uploads', name };
  const id = /^uploads\/([0-9a-f-]{36})$/.exec(rest)?.[1];
  return id === undefined ? undefined : { kind: 'upload', name, id };
}

/** Without the service; undefined where the method is not served. AWS: what its registry asks for. */
export function actionOf({ kind }: RegistryRoute, method: string): string | undefined {
  return ACTIONS[kind][method];
}

const ACTIONS: Readonly<Record<RegistryRoute['kind'], Readonly<Record<string, string>>>> = {
  version: { GET: 'GetAuthorizationToken', HEAD: 'GetAuthorizationToken' },
  blob: { GET: 'GetDownloadUrlForLayer', HEAD: 'BatchCheckLayerAvailability' },
  uploads: { POST: 'InitiateLayerUpload' },
  upload: {
    GET: 'UploadLayerPart',
    PATCH: 'UploadLayerPart',
    PUT: 'CompleteLayerUpload',
    DELETE: 'UploadLayerPart',
  },
  manifest: {
    GET: 'BatchGetImage',
    HEAD: 'BatchGetImage',
    PUT: 'PutImage',
    DELETE: 'BatchDeleteImage',
  },
  tags: { GET: 'ListImages' },
};

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
