import { createSign, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AssumeRoleWithWebIdentityResponse } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';
import { openWebIdentityKeys } from '../../iam/web-identity-keys.ts';

const ACCOUNT = '000000000000';
const ISSUER = 'https://id.example.com/team';
const NAME = 'id.example.com/team';
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${NAME}`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deploy`;
const NOW = Date.parse('2026-11-24T12:00:00Z');
const NOW_SECONDS = NOW / 1000;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject, kid: string): object => ({ ...key.export({ format: 'jwk' }), kid });

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-web-identity-'));
  file = path.join(folder, 'keys.json');
  const keys = [jwk(rsa.publicKey, 'r'), jwk(ec.publicKey, 'e')];
  await writeFile(file, JSON.stringify({ [ISSUER]: { keys } }));
});
afterAll(() => rm(folder, { recursive: true }));

let iam: OpenedIam;
beforeEach(async () => {
  iam = await openIam(NOW, { webIdentityKeys: await openWebIdentityKeys(file) });
  const ThumbprintList = ['0'.repeat(40)];
  await iam.call('iam', 'CreateOpenIDConnectProvider', {
    Url: ISSUER,
    ClientIDList: ['sts.amazonaws.com'],
    ThumbprintList,
  });
  await createRole({ StringEquals: { [`${NAME}:sub`]: 'repo:hearth' } });
});

async function createRole(Condition: object, Action: unknown = ASSUME): Promise<void> {
  await iam.identities.roles.remove(ACCOUNT, 'deploy', () => {});
  await iam.call('iam', 'CreateRole', {
    RoleName: 'deploy',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Federated: PROVIDER }, Action, Condition }],
    }),
  });
}

const ASSUME = 'sts:AssumeRoleWithWebIdentity';
const claims = {
  iss: ISSUER,
  sub: 'repo:hearth',
  aud: 'sts.amazonaws.com',
  iat: NOW_SECONDS - 10,
  exp: NOW_SECONDS + 300,
};
const base64 = (value: object | Buffer): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

function rs256(more: object = {}, header: object = {}, key = rsa.privateKey): string {
  const head = { alg: 'RS256', typ: 'JWT', kid: 'r', ...header };
  const signed = `${base64(head)}.${base64({ ...claims, ...more })}`;
  return `${signed}.${base64(createSign('sha256').update(signed).sign(key))}`;
}

function es256(): string {
  const signed = `${base64({ alg: 'ES256', kid: 'e' })}.${base64(claims)}`;
  const how = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${base64(sign('sha256', Buffer.from(signed), how))}`;
}

const assume = (token: string, more: object = {}): Promise<AssumeRoleWithWebIdentityResponse> =>
  iam.call('sts', 'AssumeRoleWithWebIdentity', {
    RoleArn: ROLE,
    RoleSessionName: 'ci',
    WebIdentityToken: token,
    ...more,
  });

describe('a token of a provider that the account knows', () => {
  test.each([
    ['RS256', () => rs256()],
    ['ES256', es256],
  ])('signed by %s gives a session of the role that trusts it', async (_name, token) => {
    const answer = await assume(token());
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: 'repo:hearth',
      Audience: 'sts.amazonaws.com',
      Provider: ISSUER,
      AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci` },
    });
    const { AccessKeyId = '', SessionToken } = answer.Credentials ?? {};
    const found = iam.identities.findCredentials(AccessKeyId, SessionToken, 'sandbox', 'lambda');
    expect(found.principal).toMatchObject({ kind: 'role-session', roleArn: ROLE });
    expect(answer.Credentials?.Expiration).toEqual(new Date(NOW + 3_600_000));
  });

  test('gives nothing where the condition of the trust policy does not hold', async () => {
    const refused = { code: 'AccessDenied', message: `Not authorized to perform ${ASSUME}` };
    await expect(assume(rs256({ sub: 'repo:other' }))).rejects.toMatchObject(refused);
    await expect(assume(rs256(), { RoleArn: `${ROLE}2` })).rejects.toMatchObject(refused);
    await createRole({ StringEquals: { [`${NAME}:aud`]: 'sts.amazonaws.com' } }, 'sts:AssumeRole');
    await expect(assume(rs256())).rejects.toMatchObject(refused);
    await createRole({ 'ForAllValues:StringEquals': { [`${NAME}:amr`]: ['a', 'b'] } });
    expect(await assume(rs256({ amr: ['a'] }))).toBeDefined();
    await expect(assume(rs256({ amr: ['a', 'c'] }))).rejects.toMatchObject(refused);
  });

  test('sees the provider, the session name and where it comes from', async () => {
    await createRole({
      StringEquals: { 'aws:FederatedProvider': PROVIDER, 'sts:RoleSessionName': 'ci' },
      IpAddress: { 'aws:SourceIp': '127.0.0.1' },
      Null: { 'aws:PrincipalArn': 'true' },
    });
    expect(await assume(rs256())).toBeDefined();
    await expect(assume(rs256(), { RoleSessionName: 'me' })).rejects.toThrow('Not authorized');
  });

  test('brings tags and a source identity, which the trust policy must allow', async () => {
    const tagged = rs256({
      'https://aws.amazon.com/tags': { principal_tags: { team: ['blue'] } },
      'https://aws.amazon.com/source_identity': 'ann',
    });
    await createRole({});
    await expect(assume(tagged)).rejects.toThrow('Not authorized');
    await createRole({}, [ASSUME, 'sts:TagSession', 'sts:SetSourceIdentity']);
    expect(await assume(tagged)).toMatchObject({ SourceIdentity: 'ann' });
  });

  test('gives no longer a session than the role may have', async () => {
    await expect(assume(rs256(), { DurationSeconds: 7200 })).rejects.toThrow(
      'exceeds the MaxSessionDuration set for this role.',
    );
  });
});

const noKey = /^Couldn't retrieve verification key from your identity provider/;
const noToken = /^The ID Token provided is not a valid JWT\./;

test.each<readonly [what: string, token: () => string, code: string, message: RegExp]>([
  ['of another key', () => rs256({}, {}, other.privateKey), 'InvalidIdentityToken', noKey],
  ['of a key that is not in the set', () => rs256({}, { kid: 'x' }), 'InvalidIdentityToken', noKey],
  ['without a signature', () => rs256({}, { alg: 'none' }), 'InvalidIdentityToken', noKey],
  [
    'signed with the public key as a secret',
    () => rs256({}, { alg: 'HS256' }),
    'InvalidIdentityToken',
    noKey,
  ],
  [
    'whose algorithm is not its key’s',
    () => rs256({}, { alg: 'ES256' }),
    'InvalidIdentityToken',
    noKey,
  ],
  ['whose claims were changed', () => changed(rs256()), 'InvalidIdentityToken', noKey],
  ['cut off', () => rs256().slice(0, -20), 'InvalidIdentityToken', noKey],
  ['that is none', () => 'access-token', 'InvalidIdentityToken', noToken],
  ['of three parts that are no JSON', () => 'YQ.YQ.YQ', 'InvalidIdentityToken', noToken],
  [
    'of an issuer without a provider',
    () => rs256({ iss: 'https://elsewhere.example' }),
    'InvalidIdentityToken',
    /^No OpenIDConnect provider found in your account for https:\/\/elsewhere.example$/,
  ],
  [
    'of another audience',
    () => rs256({ aud: 'you' }),
    'InvalidIdentityToken',
    /^Incorrect token audience$/,
  ],
  [
    'meant for another party',
    () => rs256({ azp: 'you' }),
    'InvalidIdentityToken',
    /^Incorrect token audience$/,
  ],
  [
    'that is over',
    () => rs256({ exp: NOW_SECONDS }),
    'ExpiredTokenException',
    /^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
  ],
  ['without an end', () => rs256({ exp: undefined }), 'InvalidIdentityToken', /claim: exp$/],
  [
    'that is not yet valid',
    () => rs256({ nbf: NOW_SECONDS + 60 }),
    'InvalidIdentityToken',
    /not valid before/,
  ],
])('a token %s is refused', async (_what, token, code, message) => {
  await expect(assume(token())).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('whatever else is sent as a token is refused by name, never believed', async () => {
  const good = [rs256(), es256()];
  const part = fc.oneof(
    fc.base64String(),
    fc.json().map((text) => base64(Buffer.from(text))),
    fc.constantFrom('', '.', 'e30', base64({ alg: 'RS256' }), base64({ alg: 'ES256', kid: null })),
  );
  const made = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  // Never the last character alone, some of whose bits mean nothing.
  const cut = fc
    .tuple(fc.constantFrom(...good), fc.nat(2000), fc.constantFrom('', 'A', '.', '-_'))
    .map(([token, at, by]) => token.slice(0, at % (token.length - 4)) + by);
  const tokens = fc.oneof(made, cut).filter((token) => token.length >= 4 && !good.includes(token));
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      await expect(assume(token)).rejects.toMatchObject({ code: 'InvalidIdentityToken' });
    }),
    { numRuns: 200, seed: 5 },
  );
});

function changed(token: string): string {
  const [header, , signature] = token.split('.');
  return [header, base64({ ...claims, sub: 'repo:hearth', admin: true }), signature].join('.');
}

test('a provider whose keys the server was not given is believed nothing', async () => {
  iam = await openIam(NOW);
  await iam.call('iam', 'CreateOpenIDConnectProvider', {
    Url: ISSUER,
    ClientIDList: ['sts.amazonaws.com'],
    ThumbprintList: ['0'.repeat(40)],
  });
  await expect(assume(rs256())).rejects.toThrow(noKey);
});

test.each([
  ['{', 'cannot be used'],
  ['null', 'it holds no JSON object'],
  ['{"http://x": {"keys": []}}', 'is no https:// address'],
  ['{"https://x": {}}', 'has no list of keys'],
  ['{"https://x": {"keys": [{"kty": "oct", "k": "AA"}]}}', 'a key of https://x is none'],
])('a key file that holds %s is refused at the start', async (text, why) => {
  const bad = path.join(folder, 'bad.json');
  await writeFile(bad, text);
  await expect(openWebIdentityKeys(bad)).rejects.toThrow(why);
});
