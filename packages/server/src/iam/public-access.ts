/**
 * What a resource's own policy allows to everybody: all that speaks for a caller who has not signed.
 * Mirrors AWS's evaluation for anonymous principals.
 */
import type { Permission } from '../core/operation.ts';
import type { UserPrincipal } from '../core/principal.ts';
import { compiledPolicy } from './authorise.ts';
import { resourceEffect } from './evaluate.ts';
import type { Identities } from './identities.ts';
import { requestKeys, type RequestAttributes } from './request-keys.ts';

/** Stands in for nobody: no policy can name it, and "*" means it as it means everybody. */
const anonymous: UserPrincipal = {
  kind: 'user',
  account: '',
  arn: '',
  userId: 'anonymous',
  userName: '',
};

/** Whether everybody may do all of these. */
export function mayEverybody(
  identities: Identities,
  permissions: readonly Permission[],
  attributes: RequestAttributes,
): boolean {
  return permissions.every(({ action, resources, conditions, resourcePolicy }) => {
    if (resourcePolicy === undefined) return false;
    const known = requestKeys(identities, anonymous, attributes, conditions);
    const keys = (key: string): readonly string[] | undefined =>
      isOfPrincipal(key) ? anonymousKeys[key] : known(key);
    return resources.every((resource) => {
      const request = { principal: anonymous, action, resource, keys };
      const effect = resourceEffect(compiledPolicy(resourcePolicy), action.toLowerCase(), request);
      return effect === 'session' || effect === 'direct';
    });
  });
}

/** AWS: nobody has no tags, no account and no name, but a type. */
const anonymousKeys: Readonly<Record<string, readonly string[]>> = {
  'aws:principaltype': ['Anonymous'],
  'aws:userid': ['anonymous'],
};

function isOfPrincipal(key: string): boolean {
  return key.startsWith('aws:principal') || key === 'aws:userid' || key === 'aws:username';
}
