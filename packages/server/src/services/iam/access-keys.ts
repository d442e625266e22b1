/** The access keys of users: Create, List, Update and DeleteAccessKey, GetAccessKeyLastUsed. */
import type {
  AccessKeyMetadata,
  CreateAccessKeyRequest,
  CreateAccessKeyResponse,
  DeleteAccessKeyRequest,
  GetAccessKeyLastUsedRequest,
  GetAccessKeyLastUsedResponse,
  ListAccessKeysRequest,
  ListAccessKeysResponse,
  UpdateAccessKeyRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { User, UserAccessKey } from '../../iam/user.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { findEntity, permissionOn, updateEntity } from './entity-access.ts';
import { userKind } from './entity-kind.ts';
import { limitExceeded, noSuchEntity } from './iam-errors.ts';
import { pageOf } from './paging.ts';
import { permissionOnUser, userNameOf } from './user-access.ts';
import { wholeSeconds } from './whole-seconds.ts';

/** AWS's quota. */
const KEYS_PER_USER = 2;

export function createAccessKey(
  deps: IamDeps,
): Operation<CreateAccessKeyRequest, CreateAccessKeyResponse> {
  return {
    name: 'CreateAccessKey',
    permissions: (input, context) => permissionOnUser(deps, context, 'iam:CreateAccessKey', input),
    async handle(input, context) {
      const { account } = context;
      const { key, secret } = deps.identities.accessKeys.make(account, wholeSeconds(deps.clock));
      const name = userNameOf(input, context);
      const user = await updateEntity(userKind, deps, account, name, (known) => {
        if (known.accessKeys.length >= KEYS_PER_USER) {
          throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`);
        }
        return { ...known, accessKeys: [...known.accessKeys, key] };
      });
      return {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: key.id,
          Status: 'Active',
          SecretAccessKey: secret,
          CreateDate: new Date(key.createdAtMs),
        },
      };
    },
  };
}

export function listAccessKeys(
  deps: IamDeps,
): Operation<ListAccessKeysRequest, ListAccessKeysResponse> {
  return {
    name: 'ListAccessKeys',
    permissions: (input, context) => permissionOnUser(deps, context, 'iam:ListAccessKeys', input),
    async handle(input, context) {
      const user = findEntity(userKind, deps, context.account, userNameOf(input, context));
      const keys = user.accessKeys.toSorted((one, other) => (one.id < other.id ? -1 : 1));
      const { items, rest } = pageOf(keys, (key) => key.id, input);
      return { AccessKeyMetadata: items.map((key) => describeKey(user, key)), ...rest };
    },
  };
}

export function updateAccessKey(deps: IamDeps): Operation<Validated<UpdateAccessKeyRequest>> {
  return {
    name: 'UpdateAccessKey',
    permissions: (input, context) => permissionOnUser(deps, context, 'iam:UpdateAccessKey', input),
    async handle(input, context) {
      const { AccessKeyId: id, Status } = input;
      await updateEntity(userKind, deps, context.account, userNameOf(input, context), (user) => {
        checkHasKey(user, id);
        const accessKeys = user.accessKeys.map((key) =>
          key.id === id ? { ...key, isActive: Status === 'Active' } : key,
        );
        return { ...user, accessKeys };
      });
      return {};
    },
  };
}

export function deleteAccessKey(deps: IamDeps): Operation<Validated<DeleteAccessKeyRequest>> {
  return {
    name: 'DeleteAccessKey',
    permissions: (input, context) => permissionOnUser(deps, context, 'iam:DeleteAccessKey', input),
    async handle(input, context) {
      const { AccessKeyId: id } = input;
      await updateEntity(userKind, deps, context.account, userNameOf(input, context), (user) => {
        checkHasKey(user, id);
        return { ...user, accessKeys: user.accessKeys.filter((key) => key.id !== id) };
      });
      return {};
    },
  };
}

export function getAccessKeyLastUsed(
  deps: IamDeps,
): Operation<Validated<GetAccessKeyLastUsedRequest>, GetAccessKeyLastUsedResponse> {
  return {
    name: 'GetAccessKeyLastUsed',
    permissions(input, context) {
      const action = 'iam:GetAccessKeyLastUsed';
      const owner = deps.identities.accessKeys.ownerOf(input.AccessKeyId);
      if (owner?.account !== context.account) return [{ action, resources: ['*'] }];
      return permissionOn(userKind, deps, context, action, owner.name);
    },
    async handle({ AccessKeyId: id }, { account }) {
      const owner = deps.identities.accessKeys.ownerOf(id);
      if (owner?.account !== account) throw noSuchKey(id);
      const use = deps.identities.keyUses.last(id);
      return {
        UserName: owner.name,
        AccessKeyLastUsed:
          use === undefined
            ? { ServiceName: 'N/A', Region: 'N/A', LastUsedDate: undefined }
            : {
                LastUsedDate: new Date(Math.floor(use.atMs / 1000) * 1000),
                ServiceName: use.service,
                Region: use.region,
              },
      };
    },
  };
}

function describeKey(user: User, key: UserAccessKey): AccessKeyMetadata {
  return {
    UserName: user.name,
    AccessKeyId: key.id,
    Status: key.isActive ? 'Active' : 'Inactive',
    CreateDate: new Date(key.createdAtMs),
  };
}

function checkHasKey(user: User, id: string): void {
  if (!user.accessKeys.some((key) => key.id === id)) throw noSuchKey(id);
}

function noSuchKey(id: string): Error {
  return noSuchEntity(`The Access Key with id ${id} cannot be found.`);
}
