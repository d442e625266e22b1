import { describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../testkit/src/memory-store.ts';
import { AwsError } from '../core/aws-error.ts';
import { createLogger, silentLogger, type Logger } from '../lib/logger.ts';
import { randomIds } from '../lib/ids.ts';
import type { Store } from '../store/store.ts';
import { authorise } from './authorise.ts';
import { roleSessionPrincipal } from './credentials.ts';
import { openIdentities, type Identities } from './identities.ts';
import { createRoleSessions } from './role-sessions.ts';
import type { Role } from './role.ts';

const ACCOUNT = '000000000000';
const LAMBDA = 'lambda.amazonaws.com';
const START = Date.parse('2026-11-24T12:00:00Z');
const TWELVE_HOURS = 12 * 60 * 60 * 1000;

const invalid = new AwsError(
  'UnrecognizedClientException',
  403,
  'The security token included in the request is invalid.',
);
const expired = new AwsError(
  'ExpiredTokenException',
  403,
  'The security token included in the request is expired',
);

describe('the key pair test/test', () => {
  test('is the administrator of account 000000000000 on the public listener', async () => {
    const { identities } = await open();
    expect(identities.findCredentials('test', undefined, 'public', 'lambda')).toEqual({
      account: ACCOUNT,
      secretAccessKey: 'test',
      principal: {
        kind: 'root',
        account: ACCOUNT,
        arn: `arn:aws:iam::${ACCOUNT}:root`,
        userId: ACCOUNT,
      },
    });
  });

  test('does not exist on the listener of sandboxes', async () => {
    const { identities } = await open();
    expect(() => identities.findCredentials('test', undefined, 'sandbox', 'lambda')).toThrow(
      invalid,
    );
  });

  test('has no session token', async () => {
    const { identities } = await open();
    expect(() => identities.findCredentials('test', 'token', 'public', 'lambda')).toThrow(invalid);
  });
});

test.each([
  ['lambda', 'UnrecognizedClientException', 403],
  ['logs', 'UnrecognizedClientException', 400],
  ['iam', 'InvalidClientTokenId', 403],
  ['sts', 'InvalidClientTokenId', 403],
])('an unknown key is answered by %s as %s with status %i', async (service, code, status) => {
  const { identities } = await open();
  const find = (): unknown =>
    identities.findCredentials('AKIAUNKNOWN', undefined, 'public', service);
  expect(find).toThrow(expect.objectContaining({ code, status, message: invalid.message }));
});

describe('the credentials of a role session', () => {
  test('are those of its role on both listeners', async () => {
    const { identities, session } = await openWithSession();
    for (const listener of ['public', 'sandbox'] as const) {
      const found = identities.findCredentials(...keyOf(session), listener, 'lambda');
      expect(found.secretAccessKey).toBe(session.credentials.secretAccessKey);
      expect(found.principal).toEqual({
        kind: 'role-session',
        account: ACCOUNT,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/hello`,
        userId: 'AROAFIRST:hello',
        roleArn: `arn:aws:iam::${ACCOUNT}:role/team/app`,
        sessionName: 'hello',
      });
    }
  });

  test('look like those of AWS', async () => {
    const { session } = await openWithSession();
    expect(session.credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(session.credentials.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(session.credentials.expiresAtMs).toBe(START + TWELVE_HOURS);
  });

  test('survive a restart of the server', async () => {
    const { store, session } = await openWithSession();
    const { identities } = await open(store);
    const found = identities.findCredentials(...keyOf(session), 'sandbox', 'logs');
    expect(found.secretAccessKey).toBe(session.credentials.secretAccessKey);
  });

  test('end when they expire', async () => {
    const { identities, session, clock } = await openWithSession();
    clock.now = session.credentials.expiresAtMs - 1;
    expect(identities.findCredentials(...keyOf(session), 'sandbox', 'lambda').account).toBe(
      ACCOUNT,
    );
    clock.now++;
    expect(() => identities.findCredentials(...keyOf(session), 'sandbox', 'lambda')).toThrow(
      expired,
    );
  });

  test('end with their role, and stay so when another role takes its name', async () => {
    const { identities, session } = await openWithSession();
    await identities.roles.remove(ACCOUNT, 'app', () => {});
    expect(() => identities.findCredentials(...keyOf(session), 'public', 'lambda')).toThrow(
      invalid,
    );
    await identities.roles.create(role({ id: 'AROASECOND' }));
    expect(() => identities.findCredentials(...keyOf(session), 'public', 'lambda')).toThrow(
      invalid,
    );
    expect(identities.policiesOf(session.principal)).toEqual({ identity: [] });
  });

  test('are refused when any character of the token is another, or is missing', async () => {
    const { identities, session } = await openWithSession();
    const { accessKeyId, sessionToken: token } = session.credentials;
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      const cut = token.slice(0, at);
      for (const wrong of [changed, cut, `${token}=`, ` ${token}`]) {
        const find = (): unknown =>
          identities.findCredentials(accessKeyId, wrong, 'public', 'lambda');
        expect(find).toThrow(invalid);
      }
    }
  });

  test('are refused under another access key, and without the token', async () => {
    const { identities, session } = await openWithSession();
    const { accessKeyId, sessionToken } = session.credentials;
    expect(() => identities.findCredentials('ASIAOTHER', sessionToken, 'public', 'lambda')).toThrow(
      invalid,
    );
    expect(() => identities.findCredentials(accessKeyId, undefined, 'public', 'lambda')).toThrow(
      invalid,
    );
  });

  test('are unknown to another server', async () => {
    const { session } = await openWithSession();
    const { identities } = await openWithSession();
    expect(() => identities.findCredentials(...keyOf(session), 'public', 'lambda')).toThrow(
      invalid,
    );
  });
});

test('a temporary key of a root does not exist on the listener of sandboxes', async () => {
  const { identities } = await open();
  const claims = { subject: { kind: 'root', account: ACCOUNT }, accessKeyId: 'ASIAROOT' } as const;
  const { token } = identities.seal({ ...claims, expiresAtMs: START + 1000 });
  expect(identities.findCredentials('ASIAROOT', token, 'public', 'sts').principal.kind).toBe(
    'root',
  );
  expect(() => identities.findCredentials('ASIAROOT', token, 'sandbox', 'lambda')).toThrow(invalid);
});

describe('roles', () => {
  test('survive a restart with all that belongs to them', async () => {
    const { identities, store } = await open();
    const kept = role({ inlinePolicies: { a: '{}' }, tags: [{ key: 'k', value: 'v' }] });
    await identities.roles.create(kept);
    await identities.roles.update(ACCOUNT, 'app', (each) => ({ ...each, description: 'x' }));
    const { identities: again } = await open(store);
    expect(again.roles.list(ACCOUNT)).toEqual([{ ...kept, description: 'x' }]);
    expect(again.roles.findById('AROAFIRST')?.name).toBe('app');
  });

  test('cannot share a name, whatever its case', async () => {
    const { identities } = await open();
    expect(await identities.roles.create(role())).toBe(true);
    expect(await identities.roles.create(role({ name: 'APP', id: 'AROAOTHER' }))).toBe(false);
  });

  test('are found by their exact ARN only', async () => {
    const { identities } = await open();
    await identities.roles.create(role());
    expect(identities.roles.findByArn(`arn:aws:iam::${ACCOUNT}:role/team/app`)?.id).toBe(
      'AROAFIRST',
    );
    for (const arn of ['role/app', 'role/team/APP', 'role/other/app', 'user/team/app']) {
      expect(identities.roles.findByArn(`arn:aws:iam::${ACCOUNT}:${arn}`)).toBeUndefined();
    }
  });

  test('keep every one of many changes at once', async () => {
    const { identities, store } = await open();
    await identities.roles.create(role());
    const names = Array.from({ length: 20 }, (_, index) => `policy-${index}`);
    await Promise.all(
      names.map((name) =>
        identities.roles.update(ACCOUNT, 'app', (each) => ({
          ...each,
          inlinePolicies: { ...each.inlinePolicies, [name]: '{}' },
        })),
      ),
    );
    const { identities: again } = await open(store);
    expect(Object.keys(again.roles.find(ACCOUNT, 'app')?.inlinePolicies ?? {})).toEqual(names);
  });

  test('that fail to be stored stay as they were', async () => {
    const { identities, store } = await open();
    await identities.roles.create(role());
    await store.write([{ sql: "UPDATE iam_record SET revision = 7 WHERE kind = 'role'" }]);
    const change = identities.roles.update(ACCOUNT, 'app', (each) => ({ ...each, path: '/x/' }));
    await expect(change).rejects.toThrow('rows changed');
    expect(identities.roles.find(ACCOUNT, 'app')?.path).toBe('/team/');
  });

  test('whose row is damaged are reported and left out', async () => {
    const { identities, store } = await open();
    await identities.roles.create(role());
    await identities.roles.create(role({ name: 'whole', id: 'AROAWHOLE' }));
    await store.write([
      {
        sql: "UPDATE iam_record SET record = replace(record, 'AROAFIRST', 'AROAFORGED') WHERE kind = 'role'",
      },
    ]);
    const lines: string[] = [];
    const { identities: again } = await open(
      store,
      createLogger((line) => lines.push(line), 'error'),
    );
    expect(again.roles.list(ACCOUNT).map((each) => each.name)).toEqual(['whole']);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ event: 'iam.record-damaged', kind: 'role', key: `${ACCOUNT}/app` }),
    ]);
  });
});

test('a role whose attached policy is damaged may do nothing: the policy could be the one that denies', async () => {
  const { identities, store } = await open();
  const arn = `arn:aws:iam::${ACCOUNT}:policy/fence`;
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Deny', Action: 's3:*', Resource: '*' },
  });
  await identities.policies.create({
    account: ACCOUNT,
    name: 'fence',
    id: 'ANPAFENCE',
    path: '/',
    createdAtMs: START,
    updatedAtMs: START,
    tags: [],
    versions: [{ id: 'v1', document, createdAtMs: START }],
    defaultVersion: 'v1',
    lastVersionNumber: 1,
  });
  const attachedPolicies = ['arn:aws:iam::aws:policy/AdministratorAccess', arn];
  const app = role({ attachedPolicies });
  await identities.roles.create(app);
  const decide = (from: Identities, action: string): boolean =>
    authorise(from, roleSessionPrincipal(app, 's'), [{ action, resources: ['*'] }], {
      service: 'lambda',
      sourceIp: undefined,
      isSecureTransport: false,
    }).isAllowed;
  expect(decide(identities, 's3:GetObject')).toBe(false);
  expect(decide(identities, 'logs:PutLogEvents')).toBe(true);
  await store.write([{ sql: "UPDATE iam_record SET checksum = '' WHERE kind = 'policy'" }]);
  const { identities: again } = await open(store);
  expect(decide(again, 's3:GetObject')).toBe(false);
  expect(decide(again, 'logs:PutLogEvents')).toBe(false);
});

async function open(
  store: Store = openMemoryStore(),
  logger: Logger = silentLogger,
): Promise<{ identities: Identities; store: Store; clock: { now: number } }> {
  const clock = { now: START };
  const deps = { store, ids: randomIds, logger, secretsKey: Buffer.alloc(32, 7) };
  const identities = await openIdentities({
    ...deps,
    clock: { nowMs: () => clock.now, monotonicMs: () => clock.now },
  });
  return { identities, store, clock };
}

async function openWithSession(): Promise<
  Awaited<ReturnType<typeof open>> & {
    session: Awaited<ReturnType<ReturnType<typeof createRoleSessions>['assume']>>;
  }
> {
  const opened = await open();
  await opened.identities.roles.create(role());
  const sessions = createRoleSessions({ identities: opened.identities, ids: randomIds });
  const arn = `arn:aws:iam::${ACCOUNT}:role/team/app`;
  return { ...opened, session: await sessions.assume(arn, 'hello', LAMBDA) };
}

function keyOf(session: {
  readonly credentials: { readonly accessKeyId: string; readonly sessionToken: string };
}): [string, string] {
  return [session.credentials.accessKeyId, session.credentials.sessionToken];
}

function role(changes: Partial<Role> = {}): Role {
  return {
    account: ACCOUNT,
    name: 'app',
    id: 'AROAFIRST',
    path: '/team/',
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { Service: LAMBDA }, Action: 'sts:AssumeRole' },
    }),
    maxSessionSeconds: 3600,
    createdAtMs: START,
    tags: [],
    inlinePolicies: {},
    attachedPolicies: [],
    ...changes,
  };
}
