/** OpenID Connect providers: whom an account's roles can trust; AssumeRoleWithWebIdentity looks here. */
import type {
  AddClientIDToOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderResponse,
  DeleteOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderResponse,
  ListOpenIDConnectProvidersResponse,
  RemoveClientIDFromOpenIDConnectProviderRequest,
  UpdateOpenIDConnectProviderThumbprintRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { openIdProviderArn, type OpenIdProvider } from '../../iam/openid-provider.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { alreadyExists, limitExceeded, validationError } from './iam-errors.ts';
import {
  findProvider,
  nameOfProvider,
  noSuchProvider,
  permissionOnProvider,
  updateProvider,
} from './openid-provider-access.ts';
import { describeTags, readTags, requestTagKeys } from './tags.ts';
import { wholeSeconds } from './whole-seconds.ts';

/** AWS's quotas. */
const CLIENTS_PER_PROVIDER = 100;
const THUMBPRINTS_PER_PROVIDER = 5;

export function createOpenIdConnectProvider(
  deps: IamDeps,
): Operation<Validated<CreateOpenIDConnectProviderRequest>, CreateOpenIDConnectProviderResponse> {
  return {
    name: 'CreateOpenIDConnectProvider',
    permissions({ Url, Tags }, { account }) {
      const name = Url.replace(/^https:\/\//i, '');
      const resources = [openIdProviderArn({ account, name })];
      const conditions = requestTagKeys(Tags);
      const create = { action: 'iam:CreateOpenIDConnectProvider', resources, conditions };
      if ((Tags ?? []).length === 0) return [create];
      return [create, { action: 'iam:TagOpenIDConnectProvider', resources, conditions }];
    },
    async handle(input, { account }) {
      const provider = readProvider(input, account, wholeSeconds(deps.clock));
      if (!(await deps.identities.openIdProviders.create(provider))) {
        throw alreadyExists(`Provider with url ${input.Url} already exists.`);
      }
      const tags = provider.tags.length === 0 ? {} : { Tags: describeTags(provider.tags) };
      return { OpenIDConnectProviderArn: openIdProviderArn(provider), ...tags };
    },
  };
}

export function getOpenIdConnectProvider(
  deps: IamDeps,
): Operation<Validated<GetOpenIDConnectProviderRequest>, GetOpenIDConnectProviderResponse> {
  return {
    name: 'GetOpenIDConnectProvider',
    permissions: (input, context) =>
      permissionOnProvider(deps, context, 'iam:GetOpenIDConnectProvider', input),
    async handle(input, { account }) {
      const provider = findProvider(deps, account, input.OpenIDConnectProviderArn);
      return {
        Url: provider.name,
        ClientIDList: [...provider.clientIds],
        ThumbprintList: [...provider.thumbprints],
        CreateDate: new Date(provider.createdAtMs),
        Tags: describeTags(provider.tags),
      };
    },
  };
}

export function listOpenIdConnectProviders(
  deps: IamDeps,
): Operation<object, ListOpenIDConnectProvidersResponse> {
  return {
    name: 'ListOpenIDConnectProviders',
    permissions: () => [{ action: 'iam:ListOpenIDConnectProviders', resources: ['*'] }],
    async handle(_input, { account }) {
      const providers = deps.identities.openIdProviders.list(account);
      return {
        OpenIDConnectProviderList: providers.map((each) => ({ Arn: openIdProviderArn(each) })),
      };
    },
  };
}

/** AWS: succeeds for one that does not exist. */
export function deleteOpenIdConnectProvider(
  deps: IamDeps,
): Operation<Validated<DeleteOpenIDConnectProviderRequest>> {
  return {
    name: 'DeleteOpenIDConnectProvider',
    permissions: (input, context) =>
      permissionOnProvider(deps, context, 'iam:DeleteOpenIDConnectProvider', input),
    async handle({ OpenIDConnectProviderArn: arn }, { account }) {
      const name = nameOfProvider(account, arn);
      if (name === undefined) throw noSuchProvider(arn);
      await deps.identities.openIdProviders.remove(account, name, () => {});
      return {};
    },
  };
}

export function updateOpenIdConnectProviderThumbprint(
  deps: IamDeps,
): Operation<Validated<UpdateOpenIDConnectProviderThumbprintRequest>> {
  return {
    name: 'UpdateOpenIDConnectProviderThumbprint',
    permissions: (input, context) =>
      permissionOnProvider(deps, context, 'iam:UpdateOpenIDConnectProviderThumbprint', input),
    async handle(input, { account }) {
      const thumbprints = readThumbprints(input.ThumbprintList);
      await updateProvider(deps, account, input.OpenIDConnectProviderArn, (provider) => ({
        ...provider,
        thumbprints,
      }));
      return {};
    },
  };
}

export function addClientIdToOpenIdConnectProvider(
  deps: IamDeps,
): Operation<Validated<AddClientIDToOpenIDConnectProviderRequest>> {
  return {
    name: 'AddClientIDToOpenIDConnectProvider',
    permissions: (input, context) =>
      permissionOnProvider(deps, context, 'iam:AddClientIDToOpenIDConnectProvider', input),
    async handle({ OpenIDConnectProviderArn: arn, ClientID: id }, { account }) {
      await updateProvider(deps, account, arn, (provider) => ({
        ...provider,
        clientIds: readClientIds([...provider.clientIds, id]),
      }));
      return {};
    },
  };
}

export function removeClientIdFromOpenIdConnectProvider(
  deps: IamDeps,
): Operation<Validated<RemoveClientIDFromOpenIDConnectProviderRequest>> {
  return {
    name: 'RemoveClientIDFromOpenIDConnectProvider',
    permissions: (input, context) =>
      permissionOnProvider(deps, context, 'iam:RemoveClientIDFromOpenIDConnectProvider', input),
    async handle({ OpenIDConnectProviderArn: arn, ClientID: id }, { account }) {
      await updateProvider(deps, account, arn, (provider) => ({
        ...provider,
        clientIds: provider.clientIds.filter((each) => each !== id),
      }));
      return {};
    },
  };
}

function readProvider(
  input: Validated<CreateOpenIDConnectProviderRequest>,
  account: string,
  createdAtMs: number,
): OpenIdProvider {
  if (!/^https:\/\/[^/?#]+[^?#]*$/i.test(input.Url)) {
    throw validationError('Invalid Open ID Connect Provider URL');
  }
  const name = input.Url.replace(/^https:\/\//i, '');
  return {
    account,
    name,
    id: `${account}/${name}`,
    createdAtMs,
    clientIds: readClientIds(input.ClientIDList ?? []),
    thumbprints: readThumbprints(input.ThumbprintList ?? []),
    tags: readTags(input.Tags),
  };
}

function readClientIds(ids: readonly string[]): readonly string[] {
  const distinct = [...new Set(ids)];
  if (distinct.length <= CLIENTS_PER_PROVIDER) return distinct;
  throw limitExceeded(
    `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${CLIENTS_PER_PROVIDER}`,
  );
}

function readThumbprints(thumbprints: readonly string[]): readonly string[] {
  if (thumbprints.length <= THUMBPRINTS_PER_PROVIDER) return thumbprints;
  throw validationError(
    `Thumbprint list must contain fewer than ${THUMBPRINTS_PER_PROVIDER} entries.`,
  );
}
