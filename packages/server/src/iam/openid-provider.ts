/** An OpenID Connect provider that an account knows. Its keys come from the server's options (web-identity-keys.ts). */
import type { Tag } from './entity.ts';

export interface OpenIdProvider {
  readonly account: string;
  /** The URL without its scheme, as the ARN holds it. */
  readonly name: string;
  /** The same: providers have no other identifier. */
  readonly id: string;
  readonly createdAtMs: number;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly tags: readonly Tag[];
}

export function openIdProviderArn(provider: Pick<OpenIdProvider, 'account' | 'name'>): string {
  return `arn:aws:iam::${provider.account}:oidc-provider/${provider.name}`;
}
