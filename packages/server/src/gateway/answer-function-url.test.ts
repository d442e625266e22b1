import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIam } from '../../../testkit/src/open-iam.ts';
import type { ResourcePolicy } from '../core/operation.ts';
import type { Identities } from '../iam/identities.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import type { UrlTarget } from '../services/lambda/function-urls/url-door.ts';
import { serve } from './served-service.ts';
import { startGateway, type Gateway } from './start-gateway.ts';

const ACCOUNT = '000000000000';
const ARN = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:f`;
const ID = 'a'.repeat(32);

/** Is for somebody else: nothing to tell who has not signed. */
const ofBucket = {
  Effect: 'Allow',
  Principal: { Service: 's3.amazonaws.com' },
  Action: 'lambda:*',
  Resource: ARN,
  Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::bucket' } },
} as const;

let identities: Identities;
let gateway: Gateway;
let resourcePolicy: ResourcePolicy;
beforeEach(async () => {
  ({ identities } = await openIam(Date.now()));
  resourcePolicy = { Version: '2012-10-17', Statement: [ofBucket] };
  const deps = { identities, clock: systemClock, ids: randomIds, logger: silentLogger };
  gateway = await startGateway(
    {
      ...deps,
      services: serve([]),
      ownPaths: [],
      functionUrls: { find: (id) => (id === ID ? target() : undefined) },
    },
    { host: '127.0.0.1', port: 0, graceMs: 0 },
  );
});
afterEach(async () => {
  await gateway.close();
});

const target = (): UrlTarget => ({
  account: ACCOUNT,
  region: 'eu-west-1',
  authType: 'NONE',
  permissions: [
    {
      action: 'lambda:InvokeFunctionUrl',
      resources: [ARN],
      conditions: { 'lambda:FunctionUrlAuthType': 'NONE' },
      resourcePolicy,
    },
    {
      action: 'lambda:InvokeFunction',
      resources: [ARN],
      conditions: { 'lambda:InvokedViaFunctionUrl': 'true' },
      resourcePolicy,
    },
  ],
  preflight: () => undefined,
  answer: async () => ({ status: 200, headers: {}, body: Buffer.from('in') }),
});

test('who may not come in is told nothing, and the account can have it explained until it is open', async () => {
  const url = `${gateway.endpoint}/_hearth/url/${ID}/`;
  for (const action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']) {
    const refused = await fetch(url);
    expect(refused.status).toBe(403);
    expect(await refused.text()).not.toContain(ARN);
    const requestId = refused.headers.get('x-amzn-requestid') ?? '';
    const denial = identities.denials.find(ACCOUNT, requestId);
    expect(denial).toMatchObject({
      principal: 'anonymous',
      action,
      message: `A request without a signature is not authorized to perform: ${action} on resource: ${ARN}`,
      // Everybody by the URL, and nobody by Invoke.
      missing: [
        { side: 'resource', statement: { Condition: expect.anything() }, butForCondition: [] },
      ],
    });
    const added = denial?.missing.map(({ statement }) => statement) ?? [];
    resourcePolicy = { ...resourcePolicy, Statement: [...resourcePolicy.Statement, ...added] };
  }
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, 'in']);
});
