/**
 * IAM and STS over a store in memory, called as the gateway calls them: validated, authorised,
 * handled, and the answer written by the wire and thrown away.
 */
import type { ServiceName } from '../../server/src/core/operation.ts';
import type { Principal } from '../../server/src/core/principal.ts';
import { dispatch } from '../../server/src/gateway/dispatch.ts';
import { serve } from '../../server/src/gateway/served-service.ts';
import { rootPrincipal } from '../../server/src/iam/credentials.ts';
import { createContext } from '../../server/src/iam/fixtures/create-context.ts';
import { openIdentities, type Identities } from '../../server/src/iam/identities.ts';
import type { WebIdentityKeys } from '../../server/src/iam/web-identity-keys.ts';
import type { Clock } from '../../server/src/lib/clock.ts';
import { randomIds } from '../../server/src/lib/ids.ts';
import { silentLogger } from '../../server/src/lib/logger.ts';
import { createIamService } from '../../server/src/services/iam/service.ts';
import { createStsService } from '../../server/src/services/sts/service.ts';
import { openMemoryStore } from './memory-store.ts';

export interface OpenedIam {
  readonly identities: Identities;
  readonly clock: Clock & { now: number };
  /** As the administrator of account 000000000000, or as somebody else. */
  call<Output extends object>(
    service: ServiceName,
    operation: string,
    input: object,
    principal?: Principal,
  ): Promise<Output>;
}

export async function openIam(
  nowMs: number,
  more: { readonly webIdentityKeys?: WebIdentityKeys } = {},
): Promise<OpenedIam> {
  const clock = { now: nowMs, nowMs: () => clock.now, monotonicMs: () => clock.now };
  const deps = { clock, ids: randomIds, logger: silentLogger };
  const identities = await openIdentities({
    ...deps,
    store: openMemoryStore(),
    secretsKey: Buffer.alloc(32, 7),
  });
  const services = serve([
    createIamService({ identities, ...deps }),
    createStsService({ identities, ...deps, ...more }),
  ]);
  return {
    identities,
    clock,
    async call<Output extends object>(
      name: ServiceName,
      operationName: string,
      input: object,
      principal: Principal = rootPrincipal('000000000000'),
    ): Promise<Output> {
      const served = services.get(name);
      const operation = served?.model.operations.get(operationName);
      if (served === undefined || operation === undefined) throw new Error(`no ${operationName}`);
      const context = createContext({
        ...(principal.kind === 'service' ? {} : { account: principal.account }),
        region: 'us-east-1',
        principal,
        sourceIp: '127.0.0.1',
      });
      const attributes = { service: name, sourceIp: '127.0.0.1', isSecureTransport: false };
      const output = await dispatch(identities, { served, operation, input, context, attributes });
      served.protocol.serializeOutput(operation, output, context.requestId);
      return output as Output;
    },
  };
}
