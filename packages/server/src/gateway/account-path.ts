/**
 * `/_hearth/accounts`: AWS has no API that makes an account with an administrator, so this is our
 * own. For principals of the first account alone, by their policies, and never from a sandbox.
 */
import { AwsError } from '../core/aws-error.ts';
import { DEFAULT_ACCOUNT } from '../iam/accounts.ts';
import { AccountRefused, createAccount } from '../iam/create-account.ts';
import type { Identities } from '../iam/identities.ts';
import type { Ids } from '../lib/ids.ts';
import { jsonResponse, type OwnPath } from './own-paths.ts';
import type { OwnRequest } from './own-request.ts';

interface AccountPathDeps {
  readonly identities: Identities;
  readonly ids: Ids;
}

export function accountPath(deps: AccountPathDeps): OwnPath {
  return async (request) => {
    if (request.path !== '/_hearth/accounts' || request.listener !== 'public') return undefined;
    switch (request.method) {
      case 'POST':
        return jsonResponse(201, await create(deps, request));
      case 'GET':
        return jsonResponse(200, await list(deps, request));
      default:
        return jsonResponse(405, { message: 'GET and POST only.' });
    }
  };
}

async function create(deps: AccountPathDeps, request: OwnRequest): Promise<object> {
  const body = await authorised(request, 'hearth:CreateAccount');
  const id = readId(body);
  try {
    return await createAccount(deps, id);
  } catch (error) {
    if (!(error instanceof AccountRefused)) throw error;
    throw new AwsError('ValidationException', 400, error.message, { cause: error });
  }
}

async function list({ identities }: AccountPathDeps, request: OwnRequest): Promise<object> {
  await authorised(request, 'hearth:ListAccounts');
  const accounts = identities.accounts.list().map(({ id, alias, createdAtMs }) => ({
    account: id,
    ...(alias === undefined ? {} : { alias }),
    ...(createdAtMs === undefined ? {} : { createdAt: new Date(createdAtMs).toISOString() }),
    users: identities.users.list(id).length,
    roles: identities.roles.list(id).length,
  }));
  return { accounts };
}

/** Resolves to the body. */
async function authorised(request: OwnRequest, action: string): Promise<Uint8Array> {
  const signed = await request.authenticate();
  if (signed.caller.account !== DEFAULT_ACCOUNT) {
    throw new AwsError(
      'AccessDeniedException',
      403,
      `Accounts are managed from account ${DEFAULT_ACCOUNT}, not from ${signed.caller.account}.`,
    );
  }
  signed.authorise({ action, resources: ['*'] });
  return signed.body;
}

/** `{ "account": "<twelve digits>" }`, or nothing for one drawn at random. */
function readId(body: Uint8Array): string | undefined {
  if (body.byteLength === 0) return undefined;
  const given = parse(Buffer.from(body).toString('utf8'));
  if (typeof given === 'object' && given !== null) {
    const { account, ...more } = given as { readonly account?: unknown };
    const isId = account === undefined || typeof account === 'string';
    if (isId && Object.keys(more).length === 0) return account;
  }
  throw new AwsError('ValidationException', 400, 'The body is {"account": "<twelve digits>"}.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
