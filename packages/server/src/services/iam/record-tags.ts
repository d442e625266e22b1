/** Tag..., Untag... and List...Tags of instance profiles and OpenID Connect providers. */
import type { Tag as ApiTag } from '@aws-sdk/client-iam';
import type { AnyOperation, OperationContext, Permission } from '../../core/operation.ts';
import type { Operation } from '../../core/operation.ts';
import type { Tag } from '../../iam/entity.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { IamDeps } from './deps.ts';
import { findProfile, permissionOnProfile, updateProfile } from './instance-profile-access.ts';
import { findProvider, permissionOnProvider, updateProvider } from './openid-provider-access.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { describeTags, mergeTags, readTags, requestTagKeys, withoutTags } from './tags.ts';

interface Naming {
  readonly InstanceProfileName: string;
  readonly OpenIDConnectProviderArn: string;
}

/** Something that has tags, as the API names it. */
interface Tagged {
  readonly word: 'InstanceProfile' | 'OpenIDConnectProvider';
  permission(
    context: OperationContext,
    action: string,
    input: Naming,
    keys?: OperationKeys,
  ): readonly Permission[];
  tags(account: string, input: Naming): readonly Tag[];
  change(
    account: string,
    input: Naming,
    change: (tags: readonly Tag[]) => readonly Tag[],
  ): Promise<void>;
}

export function recordTagOperations(deps: IamDeps): readonly AnyOperation[] {
  return [profiles(deps), providers(deps)].flatMap((tagged) => [
    tag(tagged),
    untag(tagged),
    list(tagged),
  ]);
}

function profiles(deps: IamDeps): Tagged {
  return {
    word: 'InstanceProfile',
    permission: (context, action, input, keys) =>
      permissionOnProfile(deps, context, action, input.InstanceProfileName, keys),
    tags: (account, input) => findProfile(deps, account, input.InstanceProfileName).tags,
    change: (account, input, change) =>
      updateProfile(deps, account, input.InstanceProfileName, (profile) => ({
        ...profile,
        tags: change(profile.tags),
      })),
  };
}

function providers(deps: IamDeps): Tagged {
  return {
    word: 'OpenIDConnectProvider',
    permission: (context, action, input, keys) =>
      permissionOnProvider(deps, context, action, input, keys),
    tags: (account, input) => findProvider(deps, account, input.OpenIDConnectProviderArn).tags,
    change: (account, input, change) =>
      updateProvider(deps, account, input.OpenIDConnectProviderArn, (provider) => ({
        ...provider,
        tags: change(provider.tags),
      })),
  };
}

function tag(tagged: Tagged): Operation<Naming & { readonly Tags: readonly ApiTag[] }> {
  const name = `Tag${tagged.word}`;
  return {
    name,
    permissions: (input, context) =>
      tagged.permission(context, `iam:${name}`, input, requestTagKeys(input.Tags)),
    async handle(input, { account }) {
      const given = readTags(input.Tags);
      await tagged.change(account, input, (tags) => mergeTags(tags, given));
      return {};
    },
  };
}

function untag(tagged: Tagged): Operation<Naming & { readonly TagKeys: readonly string[] }> {
  const name = `Untag${tagged.word}`;
  return {
    name,
    permissions: (input, context) =>
      tagged.permission(context, `iam:${name}`, input, { 'aws:TagKeys': input.TagKeys }),
    async handle(input, { account }) {
      await tagged.change(account, input, (tags) => withoutTags(tags, input.TagKeys));
      return {};
    },
  };
}

function list(tagged: Tagged): Operation<Naming & PageRequest> {
  const name = `List${tagged.word}Tags`;
  return {
    name,
    permissions: (input, context) => tagged.permission(context, `iam:${name}`, input),
    async handle(input, { account }) {
      const tags = tagged.tags(account, input);
      const sorted = tags.toSorted((one, other) => (one.key < other.key ? -1 : 1));
      const { items, rest } = pageOf(sorted, (each) => each.key, input);
      return { Tags: describeTags(items), ...rest };
    },
  };
}
