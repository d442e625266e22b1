/** Where an image is, as `ImageUri` says it. Pure. */
import { DIGEST } from '../../../core/image/read-json.ts';
import { IMAGE_TAG, isRepositoryName } from '../../../registry/repository.ts';

export interface ImageAddress {
  /** `123456789012.dkr.ecr.eu-west-1.amazonaws.com`, `localhost:5000` */
  readonly host: string;
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Undefined for what AWS calls no valid source image: without a registry, or without tag and digest. */
export function parseImageAddress(uri: string): ImageAddress | undefined {
  const [, host = '', name = '', tag, digest] =
    /^([a-zA-Z0-9.-]+(?::\d{1,5})?)\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(uri) ?? [];
  const isHost = host.includes('.') || host.includes(':') || host === 'localhost';
  if (!isHost || !isRepositoryName(name) || (tag === undefined && digest === undefined)) {
    return undefined;
  }
  if (tag !== undefined && !IMAGE_TAG.test(tag)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  return {
    host,
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The account and the region in a host name of ECR; undefined for any other. */
export function ecrRegistryOf(
  host: string,
): { readonly account: string; readonly region: string } | undefined {
  const [, account, region] =
    /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/.exec(
      host,
    ) ?? [];
  return account === undefined || region === undefined ? undefined : { account, region };
}

/** Whether it is this server: by the name that the caller used, or on loopback by the same port. */
export function isOwnHost(host: string, endpoint: string): boolean {
  const own = new URL(endpoint);
  const asked = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (asked === undefined) return false;
  const isLoopback = (name: string): boolean => /^(localhost|127(\.\d+){3})$/.test(name);
  return (
    asked.host === own.host ||
    (asked.port === own.port && isLoopback(asked.hostname) && isLoopback(own.hostname))
  );
}
