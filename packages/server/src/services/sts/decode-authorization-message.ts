import type {
  DecodeAuthorizationMessageRequest,
  DecodeAuthorizationMessageResponse,
} from '@aws-sdk/client-sts';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { StsDeps } from './deps.ts';

/** The services served here answer denials in the open, as AWS's do; `hearth explain` encodes them. */
export function decodeAuthorizationMessage({
  identities,
}: StsDeps): Operation<
  Validated<DecodeAuthorizationMessageRequest>,
  DecodeAuthorizationMessageResponse
> {
  return {
    name: 'DecodeAuthorizationMessage',
    permissions: () => [{ action: 'sts:DecodeAuthorizationMessage', resources: ['*'] }],
    async handle({ EncodedMessage: message }, { account }) {
      const DecodedMessage = identities.authorizationMessages.decode(account, message);
      if (DecodedMessage !== undefined) return { DecodedMessage };
      // AWS documents the code; the text is from memory.
      throw new AwsError('InvalidAuthorizationMessageException', 400, 'Invalid token');
    },
  };
}
