import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../testkit/src/open-iam.ts';
import type { Principal } from '../../server/src/core/principal.ts';
import { accountPath } from '../../server/src/gateway/account-path.ts';
import { denialsPath } from '../../server/src/gateway/denials-path.ts';
import { healthPath } from '../../server/src/gateway/own-paths.ts';
import { serve } from '../../server/src/gateway/served-service.ts';
import { startGateway, type Gateway } from '../../server/src/gateway/start-gateway.ts';
import { rootPrincipal } from '../../server/src/iam/credentials.ts';
import { systemClock } from '../../server/src/lib/clock.ts';
import { randomIds } from '../../server/src/lib/ids.ts';
import { silentLogger } from '../../server/src/lib/logger.ts';
import { createIamService } from '../../server/src/services/iam/service.ts';
import { createStsService } from '../../server/src/services/sts/service.ts';
import { signRequest } from '../../server/src/wire/sigv4.ts';
import { createProgram } from './program.ts';

const health = {
  version: '1.2.3',
  isolation: { driver: 'oci', description: 'oci (runc 1.1.5)', advisories: ['runc is old.'] },
  network: { description: 'none', warning: 'nft is missing.' },
  services: ['lambda', 'sts'],
  runtimes: {
    'nodejs24.x': 'available',
    java17: 'unavailable: Runtime java17 cannot run here: Java is not served.',
    'nodejs26.x': 'available',
    java21: 'unavailable: Runtime java21 cannot run here: Java is not served.',
  },
  asynchronousInvocations: { destinationDeliveryFailures: 3, deadLetterErrors: 0 },
  troubledEventSourceMappings: [
    { source: 'queue', function: 'f', reason: 'It is gone.', since: '2026-11-26T12:00:00.000Z' },
  ],
  damagedRecords: { functionRows: 2, logRecords: 0 },
  withoutEffect: { 'a flag': 'nothing reads it' },
};

let iam: OpenedIam;
let gateway: Gateway;
beforeAll(async () => {
  iam = await openIam(Date.now());
  const { identities } = iam;
  const deps = { identities, clock: systemClock, ids: randomIds, logger: silentLogger };
  gateway = await startGateway(
    {
      ...deps,
      services: serve([createStsService(deps), createIamService(deps)]),
      ownPaths: [healthPath(async () => health), accountPath(deps), denialsPath(identities)],
    },
    { host: '127.0.0.1', port: 0, graceMs: 0 },
  );
});
afterAll(() => gateway.close());

interface Said {
  readonly text: string;
  readonly status: number;
}

async function hearth(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  let text = '';
  let status = 0;
  const program = createProgram({
    env: { AWS_ENDPOINT_URL: gateway.endpoint, ...env },
    write: (more) => {
      text += more;
    },
    setStatus: (given) => {
      status = given;
    },
  });
  await program.parseAsync(['node', 'hearth', ...args]);
  return { text, status };
}

describe('hearth account', () => {
  test('makes an account whose administrator acts in it and sees it listed', async () => {
    const { text } = await hearth(['account', 'create', '111122223333']);
    const [, id = '', secret = ''] = /_KEY_ID=(\S+)\n.*_KEY=(\S+)/.exec(text) ?? [];
    const found = iam.identities.findCredentials(id, undefined, 'public', 'sts');
    expect(found).toMatchObject({ account: '111122223333', secretAccessKey: secret });
    expect((await hearth(['account', 'list'])).text).toContain('111122223333\t-\t1 users\t0 roles');
  });

  test('draws the id where none is given, and prints JSON for programs', async () => {
    const { text } = await hearth(['account', 'create', '--json']);
    expect(JSON.parse(text)).toMatchObject({
      account: expect.stringMatching(/^\d{12}$/),
      userName: 'Administrator',
    });
  });

  test('refuses an id that is none, or whose account exists', async () => {
    await expect(hearth(['account', 'create', '12'])).rejects.toThrow('twelve digits');
    await hearth(['account', 'create', '222233334444']);
    await expect(hearth(['account', 'create', '222233334444'])).rejects.toThrow('exists already');
  });

  test('is for administrators of the first account alone', async () => {
    const other = JSON.parse((await hearth(['account', 'create', '--json'])).text) as Keys;
    await expect(hearth(['account', 'create'], keysOf(other))).rejects.toThrow(
      'AccessDeniedException: Accounts are managed from account 000000000000',
    );
    await iam.call('iam', 'CreateUser', { UserName: 'ann' });
    const ann = keysOf(await createKey('ann'));
    await expect(hearth(['account', 'list'], ann)).rejects.toThrow(
      'user/ann is not authorized to perform: hearth:ListAccounts',
    );
    const attach = { UserName: 'ann', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' };
    await iam.call('iam', 'AttachUserPolicy', attach);
    expect((await hearth(['account', 'list'], ann)).text).toContain('000000000000');
  });

  test('is refused with a wrong secret, an unknown key and no signature', async () => {
    const create = (env: Readonly<Record<string, string>>) => hearth(['account', 'create'], env);
    await expect(create({ AWS_SECRET_ACCESS_KEY: 'guess' })).rejects.toThrow(
      'The request signature we calculated does not match',
    );
    await expect(create({ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' })).rejects.toThrow(
      'UnrecognizedClientException: The security token included in the request is invalid.',
    );
    const unsigned = await fetch(`${gateway.endpoint}/_hearth/accounts`, { method: 'POST' });
    expect(unsigned.status).toBe(403);
    expect(await unsigned.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });
});

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

function keysOf({ accessKeyId, secretAccessKey }: Keys): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

test('hearth doctor says what works, what does not and why, and fails where a hand is needed', async () => {
  const { text, status } = await hearth(['doctor']);
  expect(text).toMatch(/ok +runtimes +nodejs24.x, nodejs26.x: available\n/);
  expect(text).toMatch(/- +runtimes +java17, java21: cannot run here: Java is not served\.\n/);
  expect(text).toMatch(/warning +isolation +runc is old\./);
  expect(text).toMatch(/warning +network +none: nft is missing\./);
  expect(text).toMatch(
    /warning +event source +queue for f cannot be read since 2026-11-26T12:00:00.000Z: It is gone\./,
  );
  expect(text).toMatch(/- +deliveries +3 deliveries to destinations and 0 to dead-letter queues/);
  expect(text).toMatch(/warning +damaged records +2 functionRows/);
  expect(text).toMatch(/- +without effect +a flag: nothing reads it/);
  expect(status).toBe(1);
});

test('without a server, or with something else there, the command says so in one sentence', async () => {
  const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  await expect(hearth(['doctor'], nowhere)).rejects.toThrow('Start one with `npm start`');
  await expect(hearth(['doctor'], { AWS_ENDPOINT_URL: 'here' })).rejects.toThrow('not here');
});

describe('hearth explain', () => {
  const arn = 'arn:aws:iam::000000000000:user/bob';
  let bob: Keys;
  beforeAll(async () => {
    await iam.call('iam', 'CreateUser', { UserName: 'bob' });
    bob = await createKey('bob');
  });

  test('names the statement that was missing: allowed by it, the request passes', async () => {
    const requestId = await deniedGetUser(bob);
    const { text } = await hearth(['explain', requestId]);
    expect(text).toContain(
      `User: ${arn} is not authorized to perform: iam:GetUser on resource: ${arn} because`,
    );
    expect(text).toContain("Not allowed by the principal's own policies");
    const { missing } = JSON.parse((await hearth(['explain', requestId, '--json'])).text) as {
      missing: { statement: object }[];
    };
    expect(missing).toMatchObject([{ side: 'identity', butForCondition: [] }]);
    await putPolicy('smallest', missing[0]!.statement);
    expect((await getUser(bob)).status).toBe(200);
    await iam.call('iam', 'DeleteUserPolicy', { UserName: 'bob', PolicyName: 'smallest' });
  });

  test('shows the statement that denied, and the policy that it stands in', async () => {
    await putPolicy('wide', { Effect: 'Allow', Action: '*', Resource: '*' });
    await putPolicy('strict', {
      Sid: 'NotTheUsers',
      Effect: 'Deny',
      Action: 'iam:Get*',
      Resource: '*',
    });
    const { text } = await hearth(['explain', await deniedGetUser(bob)]);
    expect(text).toContain('with an explicit deny in an identity-based policy');
    expect(text).toContain('Denied by a statement of inline policy strict:');
    expect(text).toContain('"Sid": "NotTheUsers"');
    expect(text).not.toContain('smallest');
    for (const PolicyName of ['wide', 'strict']) {
      await iam.call('iam', 'DeleteUserPolicy', { UserName: 'bob', PolicyName });
    }
  });

  test('shows the statement whose condition alone did not hold', async () => {
    const Condition = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } };
    await putPolicy('office', { Effect: 'Allow', Action: 'iam:GetUser', Resource: '*', Condition });
    const { text } = await hearth(['explain', await deniedGetUser(bob)]);
    expect(text).toContain('inline policy office would allow it, but its condition does not hold');
    await iam.call('iam', 'DeleteUserPolicy', { UserName: 'bob', PolicyName: 'office' });
  });

  test('says of a role that does not trust the caller what the caller is not told', async () => {
    await iam.call('iam', 'CreateRole', {
      RoleName: 'closed',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      }),
    });
    const form = 'Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn=';
    const role = 'arn:aws:iam::000000000000:role/closed';
    const { text: answer } = await query(bob, 'sts', `${form}${encodeURIComponent(role)}`);
    expect(answer).toContain(`is not authorized to perform: sts:AssumeRole on resource: ${role}<`);
    const { text } = await hearth(['explain', requestIdIn(answer)]);
    expect(text).toContain("Not allowed by the resource's own policy");
    expect(text).toContain(`"AWS": "${arn}"`);
  });

  test('says of a layer of an account that is not here how it gets here', async () => {
    const layer = 'arn:aws:lambda:us-east-1:017000801446:layer:Powertools:7';
    const own = 'arn:aws:lambda:us-east-1:000000000000:layer:own:1';
    for (const [id, resource] of Object.entries({ layer, own })) {
      iam.identities.denials.note(id, {
        message: 'denied',
        account: '000000000000',
        principal: 'arn:aws:iam::000000000000:root',
        action: 'lambda:GetLayerVersion',
        resource,
        deniedBy: [],
        missing: [],
      });
    }
    const { text } = await hearth(['explain', 'layer']);
    expect(text).toContain(`npx hearth layer import ${layer} layer.zip`);
    expect((await hearth(['explain', 'own'])).text).not.toContain('layer import');
  });

  test('is for those of the account who may ask, and keeps the latest 200', async () => {
    const requestId = await deniedGetUser(bob);
    const asked = hearth(['explain', requestId], keysOf(bob));
    await expect(asked).rejects.toThrow('not authorized to perform: hearth:ExplainDenial');
    const made = JSON.parse((await hearth(['account', 'create', '--json'])).text) as Keys;
    const other = hearth(['explain', requestId], keysOf(made));
    await expect(other).rejects.toThrow(`has no denied request ${requestId}`);
    await decodesForTheAccount(requestId);
    expect((await hearth(['explain'], keysOf(made))).text).toContain('was denied since');
    const denial = iam.identities.denials.find('000000000000', requestId)!;
    for (let count = 0; count < 200; count++) iam.identities.denials.note(`later-${count}`, denial);
    await expect(hearth(['explain', requestId])).rejects.toThrow('has no denied request');
    const { text } = await hearth(['explain']);
    expect(text.trim().split('\n')).toHaveLength(200);
    expect(text).toMatch(/^\S+ {2}later-199 {2}User: /);
  });

  /** What an administrator hands on, DecodeAuthorizationMessage reads: in this account alone. */
  async function decodesForTheAccount(requestId: string): Promise<void> {
    const { text } = await hearth(['explain', requestId, '--json']);
    const { encodedMessage } = JSON.parse(text) as { readonly encodedMessage: string };
    expect(encodedMessage).not.toContain('GetUser');
    const decode = (EncodedMessage: string, as?: Principal): Promise<object> =>
      iam.call('sts', 'DecodeAuthorizationMessage', { EncodedMessage }, as);
    const { DecodedMessage } = (await decode(encodedMessage)) as { DecodedMessage: string };
    expect(JSON.parse(DecodedMessage)).toMatchObject({
      allowed: false,
      explicitDeny: false,
      context: { action: 'iam:GetUser', resource: arn, principal: { arn } },
    });
    const refused = { code: 'InvalidAuthorizationMessageException' };
    await expect(decode('bm9uZQ==')).rejects.toMatchObject(refused);
    const elsewhere = decode(encodedMessage, rootPrincipal('999988887777'));
    await expect(elsewhere).rejects.toMatchObject(refused);
  }

  const putPolicy = (PolicyName: string, statement: object): Promise<object> =>
    iam.call('iam', 'PutUserPolicy', {
      UserName: 'bob',
      PolicyName,
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    });
  const getUser = (keys: Keys): Promise<{ readonly status: number; readonly text: string }> =>
    query(keys, 'iam', 'Action=GetUser&Version=2010-05-08&UserName=bob');

  /** Resolves to the request id, which is what a client shows. */
  async function deniedGetUser(keys: Keys): Promise<string> {
    const { status, text } = await getUser(keys);
    expect(status).toBe(403);
    return requestIdIn(text);
  }
});

function requestIdIn(xml: string): string {
  return /<RequestId>([^<]+)</.exec(xml)?.[1] ?? '';
}

async function createKey(UserName: string): Promise<Keys> {
  const made = await iam.call<{ AccessKey: { AccessKeyId: string; SecretAccessKey: string } }>(
    'iam',
    'CreateAccessKey',
    { UserName },
  );
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = made.AccessKey;
  return { accessKeyId, secretAccessKey };
}

/** A form as clients of IAM and STS send it. */
async function query(
  keys: Keys,
  service: string,
  form: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const { host } = new URL(gateway.endpoint);
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const request = { method: 'POST', path: '/', query: '', headers, body: Buffer.from(form) };
  const options = { region: 'us-east-1', service, nowMs: Date.now() };
  const response = await fetch(gateway.endpoint, {
    method: 'POST',
    headers: { ...headers, ...signRequest(request, keys, options) },
    body: form,
  });
  return { status: response.status, text: await response.text() };
}
