/** Tag..., Untag... and List...Tags of users and roles. */
import type { Tag as ApiTag } from '@aws-sdk/client-iam';
import type { AnyOperation, Operation } from '../../core/operation.ts';
import type { ActingEntity } from '../../iam/entity.ts';
import type { IamDeps } from './deps.ts';
import { findEntity, permissionOn, updateEntity } from './entity-access.ts';
import type { ActingKind, NamingInput } from './entity-kind.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { describeTags, mergeTags, readTags, requestTagKeys, withoutTags } from './tags.ts';

export function tagOperations<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): readonly AnyOperation[] {
  return [tag(kind, deps), untag(kind, deps), list(kind, deps)];
}

function tag<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): Operation<NamingInput & { readonly Tags: readonly ApiTag[] }> {
  const name = `Tag${kind.word}`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(
        kind,
        deps,
        context,
        `iam:${name}`,
        kind.nameOf(input),
        requestTagKeys(input.Tags),
      ),
    async handle(input, { account }) {
      const given = readTags(input.Tags);
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => ({
        ...entity,
        tags: mergeTags(entity.tags, given),
      }));
      return {};
    },
  };
}

function untag<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): Operation<NamingInput & { readonly TagKeys: readonly string[] }> {
  const name = `Untag${kind.word}`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input), {
        'aws:TagKeys': input.TagKeys,
      }),
    async handle(input, { account }) {
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => ({
        ...entity,
        tags: withoutTags(entity.tags, input.TagKeys),
      }));
      return {};
    },
  };
}

function list<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): Operation<NamingInput & PageRequest> {
  const name = `List${kind.word}Tags`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      const { tags } = findEntity(kind, deps, account, kind.nameOf(input));
      const sorted = tags.toSorted((one, other) => (one.key < other.key ? -1 : 1));
      const { items, rest } = pageOf(sorted, (each) => each.key, input);
      return { Tags: describeTags(items), ...rest };
    },
  };
}
