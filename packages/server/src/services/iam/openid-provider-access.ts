/** What the operations on one OpenID Connect provider share. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { OpenIdProvider } from '../../iam/openid-provider.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { IamDeps } from './deps.ts';
import { noSuchEntity } from './iam-errors.ts';
import { resourceTagKeys } from './tags.ts';

export function permissionOnProvider(
  { identities }: IamDeps,
  { account }: OperationContext,
  action: string,
  { OpenIDConnectProviderArn: arn }: { readonly OpenIDConnectProviderArn: string },
  conditions: OperationKeys = {},
): readonly Permission[] {
  const name = nameOfProvider(account, arn);
  const provider = name === undefined ? undefined : identities.openIdProviders.find(account, name);
  const keys = resourceTagKeys(provider?.tags ?? []);
  return [{ action, resources: [arn], conditions: { ...keys, ...conditions } }];
}

/** Undefined for an ARN of something else, or of another account. */
export function nameOfProvider(account: string, arn: string): string | undefined {
  const start = `arn:aws:iam::${account}:oidc-provider/`;
  return arn.startsWith(start) ? arn.slice(start.length) : undefined;
}

/** Throws NoSuchEntity. */
export function findProvider(
  { identities }: IamDeps,
  account: string,
  arn: string,
): OpenIdProvider {
  const name = nameOfProvider(account, arn);
  const provider = name === undefined ? undefined : identities.openIdProviders.find(account, name);
  if (provider === undefined) throw noSuchProvider(arn);
  return provider;
}

/** Rejects with NoSuchEntity, or with what `change` throws. */
export async function updateProvider(
  { identities }: IamDeps,
  account: string,
  arn: string,
  change: (provider: OpenIdProvider) => OpenIdProvider,
): Promise<void> {
  const name = nameOfProvider(account, arn);
  if (name === undefined) throw noSuchProvider(arn);
  const provider = await identities.openIdProviders.update(account, name, change);
  if (provider === undefined) throw noSuchProvider(arn);
}

export function noSuchProvider(arn: string): Error {
  return noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
}
