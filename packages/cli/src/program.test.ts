import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../testkit/src/open-iam.ts';
import { accountPath } from '../../server/src/gateway/account-path.ts';
import { healthPath } from '../../server/src/gateway/own-paths.ts';
import { serve } from '../../server/src/gateway/served-service.ts';
import { startGateway, type Gateway } from '../../server/src/gateway/start-gateway.ts';
import { systemClock } from '../../server/src/lib/clock.ts';
import { randomIds } from '../../server/src/lib/ids.ts';
import { silentLogger } from '../../server/src/lib/logger.ts';
import { createStsService } from '../../server/src/services/sts/service.ts';
import { createProgram } from './program.ts';

const health = {
  version: '1.2.3',
  isolation: { driver: 'oci', description: 'oci (runc 1.1.5)', advisories: ['runc is old.'] },
  services: ['lambda', 'sts'],
  runtimes: { 'nodejs26.x': 'available', java21: 'unavailable: Java is not served.' },
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
      services: serve([createStsService(deps)]),
      ownPaths: [healthPath(async () => health), accountPath(deps)],
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
    const made = await iam.call<{ AccessKey: { AccessKeyId: string; SecretAccessKey: string } }>(
      'iam',
      'CreateAccessKey',
      { UserName: 'ann' },
    );
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = made.AccessKey;
    const ann = keysOf({ accessKeyId, secretAccessKey });
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
  expect(text).toMatch(/ok +nodejs26.x +available/);
  expect(text).toMatch(/- +java21 +Java is not served\./);
  expect(text).toMatch(/warning +isolation +runc is old\./);
  expect(text).toMatch(/warning +damaged records +2 functionRows/);
  expect(text).toMatch(/- +without effect +a flag: nothing reads it/);
  expect(status).toBe(1);
});

test('without a server, or with something else there, the command says so in one sentence', async () => {
  const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  await expect(hearth(['doctor'], nowhere)).rejects.toThrow('Start one with `npm start`');
  await expect(hearth(['doctor'], { AWS_ENDPOINT_URL: 'here' })).rejects.toThrow('not here');
});
