/** CreateAccountAlias, DeleteAccountAlias, ListAccountAliases: an account has one at most. */
import type {
  CreateAccountAliasRequest,
  DeleteAccountAliasRequest,
  ListAccountAliasesRequest,
  ListAccountAliasesResponse,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { alreadyExists, noSuchEntity } from './iam-errors.ts';

/** AWS: takes the place of the one that was. */
export function createAccountAlias(deps: IamDeps): Operation<Validated<CreateAccountAliasRequest>> {
  return {
    name: 'CreateAccountAlias',
    permissions: () => [{ action: 'iam:CreateAccountAlias', resources: ['*'] }],
    async handle({ AccountAlias: alias }, { account }) {
      if (await deps.identities.accounts.setAlias(account, alias)) return {};
      throw alreadyExists(`The account alias ${alias} already exists.`);
    },
  };
}

export function deleteAccountAlias(deps: IamDeps): Operation<Validated<DeleteAccountAliasRequest>> {
  return {
    name: 'DeleteAccountAlias',
    permissions: () => [{ action: 'iam:DeleteAccountAlias', resources: ['*'] }],
    async handle({ AccountAlias: alias }, { account }) {
      const { accounts } = deps.identities;
      if (accounts.find(account)?.alias !== alias) {
        throw noSuchEntity(`The account alias with name ${alias} cannot be found.`);
      }
      await accounts.setAlias(account, undefined);
      return {};
    },
  };
}

export function listAccountAliases(
  deps: IamDeps,
): Operation<ListAccountAliasesRequest, ListAccountAliasesResponse> {
  return {
    name: 'ListAccountAliases',
    permissions: () => [{ action: 'iam:ListAccountAliases', resources: ['*'] }],
    async handle(_input, { account }) {
      const alias = deps.identities.accounts.find(account)?.alias;
      return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
    },
  };
}
