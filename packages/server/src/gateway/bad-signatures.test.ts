/**
 * Requests that nobody signed as they stand: each is answered as AWS does, and none acts. The
 * operation asked for is CreateUser, so that whatever acts leaves a user behind.
 */
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../../testkit/src/open-iam.ts';
import { createAccount } from '../iam/create-account.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import { createIamService } from '../services/iam/service.ts';
import { createStsService } from '../services/sts/service.ts';
import { signRequest } from '../wire/sigv4.ts';
import { serve } from './served-service.ts';
import { startGateway, type Gateway } from './start-gateway.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const FORM = 'Action=CreateUser&Version=2010-05-08&UserName=eve';

let iam: OpenedIam;
let gateway: Gateway;
let keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
let session: typeof keys & { readonly sessionToken: string };
beforeAll(async () => {
  iam = await openIam(NOW);
  const { identities, clock } = iam;
  const deps = { identities, clock, ids: randomIds, logger: silentLogger };
  const logs = { name: 'logs', operations: new Map() } as const;
  const lambda = { name: 'lambda', operations: new Map() } as const;
  gateway = await startGateway(
    {
      ...deps,
      services: serve([createIamService(deps), createStsService(deps), logs, lambda]),
      ownPaths: [],
    },
    { host: '127.0.0.1', port: 0, graceMs: 0 },
  );
  keys = await createAccount({ identities, ids: randomIds });
  session = await adminSession();
});
afterAll(() => gateway.close());
beforeEach(() => {
  iam.clock.now = NOW;
});

/** A role session that may do everything, in the account that exists from the start. */
async function adminSession(): Promise<typeof session> {
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' },
  ];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.call('iam', 'CreateRole', { RoleName: 'admin', AssumeRolePolicyDocument });
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await iam.call('iam', 'AttachRolePolicy', { RoleName: 'admin', PolicyArn });
  const RoleArn = 'arn:aws:iam::000000000000:role/admin';
  const { Credentials } = await iam.call<{ Credentials: Record<string, string> }>(
    'sts',
    'AssumeRole',
    { RoleArn, RoleSessionName: 'me' },
  );
  return {
    accessKeyId: Credentials['AccessKeyId']!,
    secretAccessKey: Credentials['SecretAccessKey']!,
    sessionToken: Credentials['SessionToken']!,
  };
}

type Headers = Record<string, string | string[]>;

interface Sent {
  readonly headers: Headers;
  readonly body: string;
}

/** As its owner signs it, at the server's time unless told otherwise. */
function signed(
  as: typeof keys & { readonly sessionToken?: string },
  { service = 'iam', atMs = NOW } = {},
): Sent {
  const { host } = new URL(gateway.endpoint);
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const request = { method: 'POST', path: '/', query: '', headers, body: Buffer.from(FORM) };
  const options = { region: 'us-east-1', service, nowMs: atMs };
  return { headers: { ...headers, ...signRequest(request, as, options) }, body: FORM };
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

function send({ headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(gateway.endpoint, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        const code = /<Code>(\w+)</.exec(text)?.[1] ?? answer.headers['x-amzn-errortype'] ?? '';
        resolve({ status: answer.statusCode ?? 0, code: String(code).split(':')[0] ?? '', text });
      });
      answer.on('error', reject);
    });
    request.on('error', reject).end(body);
  });
}

const header = (name: string): ((sent: Sent) => string) => {
  return ({ headers }) => String(headers[name]);
};
const authorization = header('authorization');
const without = ({ headers, ...sent }: Sent, name: string): Sent => ({
  ...sent,
  headers: Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name)),
});
const withHeader = (sent: Sent, name: string, value: string | string[]): Sent => ({
  ...sent,
  headers: { ...sent.headers, [name]: value },
});
const MINUTE = 60_000;

type Case = readonly [what: string, sent: () => Sent, status: number, code: string, says: RegExp];

const cases: readonly Case[] = [
  [
    'without a signature',
    () => without(signed(keys), 'authorization'),
    403,
    'MissingAuthenticationToken',
    /Missing Authentication Token|Request is missing Authentication Token/,
  ],
  [
    'by a key that does not exist',
    () => signed({ ...keys, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }),
    403,
    'InvalidClientTokenId',
    /The security token included in the request is invalid\./,
  ],
  [
    'with another secret',
    () => signed({ ...keys, secretAccessKey: 'guessed' }),
    403,
    'SignatureDoesNotMatch',
    /The request signature we calculated does not match the signature you provided\./,
  ],
  [
    'whose body is another',
    () => ({ ...signed(keys), body: FORM.replace('eve', 'mallory') }),
    403,
    'SignatureDoesNotMatch',
    /The request signature we calculated does not match/,
  ],
  [
    'sixteen minutes old',
    () => signed(keys, { atMs: NOW - 16 * MINUTE }),
    403,
    'SignatureDoesNotMatch',
    /Signature expired: 20261124T114400Z is now earlier than 20261124T114500Z \(20261124T120000Z - 15 min\.\)/,
  ],
  [
    'sixteen minutes ahead',
    () => signed(keys, { atMs: NOW + 16 * MINUTE }),
    403,
    'SignatureDoesNotMatch',
    /Signature not yet current: 20261124T121600Z is still later than 20261124T121500Z/,
  ],
  [
    'with two Authorization headers',
    () => withHeader(signed(keys), 'authorization', [authorization(signed(keys)), 'x']),
    400,
    'IncompleteSignature',
    /not a valid key=value pair/,
  ],
  [
    'with a second date',
    () => withHeader(signed(keys), 'x-amz-date', ['20261124T120000Z', '20261124T120001Z']),
    400,
    'IncompleteSignature',
    /Date must be in ISO-8601 'basic format'/,
  ],
  [
    'with a credential that is cut off',
    () => replaced(/Credential=[^,]+/, 'Credential=AKIA/20261124'),
    400,
    'IncompleteSignature',
    /Credential must have exactly 5 slash-delimited elements/,
  ],
  [
    'for another service',
    () => signed(keys, { service: 'sts' }),
    400,
    'InvalidAction',
    /Could not find operation CreateUser/,
  ],
  [
    'with a token that is cut off',
    () => signed({ ...session, sessionToken: session.sessionToken.slice(0, -8) }),
    403,
    'InvalidClientTokenId',
    /The security token included in the request is invalid\./,
  ],
  [
    "with another session's key",
    () => signed({ ...session, accessKeyId: keys.accessKeyId }),
    403,
    'InvalidClientTokenId',
    /The security token included in the request is invalid\./,
  ],
  [
    'without the token of its session',
    () => without(signed(session), 'x-amz-security-token'),
    403,
    'InvalidClientTokenId',
    /The security token included in the request is invalid\./,
  ],
];

function replaced(what: RegExp, by: string): Sent {
  const sent = signed(keys);
  return withHeader(sent, 'authorization', authorization(sent).replace(what, by));
}

describe('a request', () => {
  test.each(cases)('%s is refused', async (_what, sent, status, code, says) => {
    const answer = await send(sent());
    expect({ ...answer, status, code }).toEqual(answer);
    expect(answer.text.replaceAll('&apos;', "'").replaceAll('&#39;', "'")).toMatch(says);
    expect(everybody()).not.toContain('eve');
  });

  test('of a session that is over is refused, also when it is sent again', async () => {
    const atMs = NOW + 3_600_000;
    const late = signed(session, { atMs });
    iam.clock.now = atMs;
    for (let time = 0; time < 2; time += 1) {
      const answer = await send(late);
      expect(answer).toMatchObject({ status: 403, code: 'ExpiredToken' });
    }
    expect(everybody()).not.toContain('eve');
  });
});

/** Names of all users in every account. */
function everybody(): readonly string[] {
  return [...iam.identities.users.all()].map(({ name }) => name);
}

test('a request that was changed anywhere after it was signed never acts', async () => {
  const sent = signed(session);
  const names = Object.keys(sent.headers).filter((name) => name !== 'host');
  const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
  const change = fc.record({
    name: fc.constantFrom(...names, 'body'),
    at: fc.nat({ max: 400 }),
    by: fc.oneof(printable, fc.constantFrom('', ',', ';', '=', '/', '%00', ' ')),
    isCut: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ name, at, by, isCut }) => {
      const text = name === 'body' ? sent.body : String(sent.headers[name]);
      const index = at % text.length;
      const changed = text.slice(0, index) + by + (isCut ? '' : text.slice(index + 1));
      // A case, a space or an order that does not count is no change.
      if (meansTheSame(name, changed, text)) return;
      const answer = await send(
        name === 'body' ? { ...sent, body: changed } : withHeader(sent, name, changed),
      );
      expect(`${answer.status} ${answer.code}`).toMatch(/^(400|403|404|501) \w+$/);
    }),
    { numRuns: 300, seed: 11 },
  );
  expect(everybody()).not.toContain('eve');
  expect((await send(signed(session))).status).toBe(200);
  expect(everybody()).toContain('eve');
});

function meansTheSame(name: string, changed: string, text: string): boolean {
  const plain = (value: string): string =>
    value.trim().replaceAll(/\s+/g, ' ').replaceAll(/,\s*/g, ',').toLowerCase();
  return name === 'body' ? changed === text : plain(changed) === plain(text);
}
