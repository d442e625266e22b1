/**
 * `/_hearth/denials`: the latest requests of an account that were denied, and why. AWS tells the
 * caller one sentence; this tells those who may ask (`hearth:ExplainDenial`) which statement it was.
 */
import { AwsError } from '../core/aws-error.ts';
import type { Identities } from '../iam/identities.ts';
import type { RecentDenial } from '../iam/recent-denials.ts';
import { jsonResponse, type OwnPath } from './own-paths.ts';

const PATH = '/_hearth/denials';

export function denialsPath({
  denials,
  authorizationMessages,
}: Pick<Identities, 'denials' | 'authorizationMessages'>): OwnPath {
  return async (request) => {
    const { path, listener, method } = request;
    if (listener !== 'public' || !(path === PATH || path.startsWith(`${PATH}/`))) return undefined;
    if (method !== 'GET') return jsonResponse(405, { message: 'GET only.' });
    const signed = await request.authenticate();
    signed.authorise({ action: 'hearth:ExplainDenial', resources: ['*'] });
    const { account } = signed.caller;
    if (path === PATH) return jsonResponse(200, { denials: denials.list(account).map(inBrief) });
    const requestId = path.slice(PATH.length + 1);
    const denial = denials.find(account, requestId);
    if (denial !== undefined) {
      const encodedMessage = authorizationMessages.encode(account, denial);
      return jsonResponse(200, { ...inFull(denial), encodedMessage });
    }
    throw new AwsError(
      'ResourceNotFoundException',
      404,
      `Account ${account} has no denied request ${requestId} among its latest; ` +
        'they are kept in memory, 200 of each account.',
    );
  };
}

function inBrief({ requestId, atMs, message }: RecentDenial): object {
  return { requestId, at: new Date(atMs).toISOString(), message };
}

function inFull(denial: RecentDenial): object {
  const { principal, action, resource, deniedBy, missing } = denial;
  return { ...inBrief(denial), principal, action, resource, deniedBy, missing };
}
