/**
 * Which service a request is for, decided before the body is read where that is possible. The
 * order is DESIGN's: S3's host names, Hearth's own paths, those of a registry, X-Amz-Target, the service in the signature's scope, the
 * version of a form-encoded Action, else S3.
 */
import type { ServiceName } from '../core/operation.ts';
import { isS3Host } from '../wire/s3-address.ts';
import type { ServiceModel } from '../wire/service-model.ts';

export type Destination =
  | { readonly kind: 'hearth'; readonly path: string }
  | { readonly kind: 'registry' }
  | { readonly kind: 'service'; readonly name: ServiceName }
  | { readonly kind: 'unserved'; readonly service: string };

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The service in the credential scope of the signature, where the request has one. */
  readonly signedService: string | undefined;
}

const OWN_PREFIX = '/_hearth';

type ServiceIdentity = Pick<ServiceModel, 'name' | 'signingName' | 'targetPrefix'>;

export function identifyService(
  head: RequestHead,
  served: readonly ServiceIdentity[],
): Destination {
  const s3: Destination = served.some(({ name }) => name === 's3')
    ? { kind: 'service', name: 's3' }
    : { kind: 'unserved', service: 's3' };
  // Under a bucket's host name every path is a key.
  if (isS3Host(head.headers['host'] ?? '')) return s3;
  if (head.path === OWN_PREFIX || head.path.startsWith(`${OWN_PREFIX}/`) || isOpenedPage(head)) {
    return { kind: 'hearth', path: head.path };
  }
  if (isRegistryRequest(head)) return { kind: 'registry' };
  const target = head.headers['x-amz-target'];
  const targeted =
    target === undefined
      ? undefined
      : served.find(({ targetPrefix }) => target.split('.', 1)[0] === targetPrefix);
  if (targeted !== undefined) return { kind: 'service', name: targeted.name };
  const { signedService } = head;
  if (signedService !== undefined) {
    const signed = served.find(({ signingName }) => signingName === signedService);
    return signed === undefined
      ? { kind: 'unserved', service: signedService }
      : { kind: 'service', name: signed.name };
  }
  // Unsigned requests reach a service only to be told, in its own protocol, that they are.
  if (lambdaPath.test(head.path)) return { kind: 'service', name: 'lambda' };
  if (head.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    return { kind: 'service', name: 'sts' };
  }
  return s3;
}

/** A person has opened the endpoint in a browser. No client of AWS says so. */
function isOpenedPage({ method, path, headers, signedService }: RequestHead): boolean {
  const isPage = method === 'GET' && path === '/' && headers['sec-fetch-dest'] === 'document';
  return isPage && signedService === undefined;
}

/** No client of a registry signs; a signed request means the bucket of that name. */
function isRegistryRequest({ path, signedService }: RequestHead): boolean {
  return signedService === undefined && (path === '/v2' || path.startsWith('/v2/'));
}

/** Lambda's paths start with the date of an API version and one of its nouns. */
const lambdaPath =
  /^\/20\d\d-\d\d-\d\d\/(functions|layers|event-source-mappings|tags|account-settings|code-signing-configs|resource-policy|durable-execution|capacity-providers)/;
