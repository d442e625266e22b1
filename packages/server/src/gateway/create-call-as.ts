/** The port `callAs` (core/call-as.ts), in process. */
import { AwsError, notImplemented } from '../core/aws-error.ts';
import type { CallAs } from '../core/call-as.ts';
import type { Ids } from '../lib/ids.ts';
import type { Identities } from '../iam/identities.ts';
import { dispatch } from './dispatch.ts';
import type { ServedServices } from './served-service.ts';

export interface CallAsDeps {
  readonly identities: Identities;
  readonly services: ServedServices;
  readonly ids: Ids;
  /** The public base URL, for answers that hold links. */
  readonly endpoint: () => string;
}

export function createCallAs(deps: CallAsDeps): CallAs {
  return async (caller, service, operationName, input) => {
    const served = deps.services.get(service);
    const operation = served?.model.operations.get(operationName);
    if (served === undefined) throw notImplemented(service, operationName);
    if (operation === undefined) {
      throw new AwsError('InvalidAction', 400, `${service} has no operation ${operationName}.`);
    }
    const context = {
      requestId: deps.ids.uuid(),
      account: caller.account,
      region: caller.region,
      principal: caller.principal,
      endpoint: deps.endpoint(),
      signal: caller.signal ?? never,
      ...(caller.traceHeader === undefined ? {} : { traceHeader: caller.traceHeader }),
    };
    const attributes = {
      service,
      isSecureTransport: true,
      sourceIp: undefined,
      region: caller.region,
      ...(caller.source === undefined ? {} : { source: caller.source }),
      ...(caller.calledVia === undefined ? {} : { calledVia: caller.calledVia }),
    };
    const call = { served, operation, input, context, attributes };
    const { isQuestion = false } = caller;
    return dispatch(deps.identities, { ...call, isQuestion });
  };
}

/** What the platform does for a function has no caller that could go away. */
const never = new AbortController().signal;
