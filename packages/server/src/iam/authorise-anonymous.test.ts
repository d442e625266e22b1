import { beforeAll, expect, test } from 'vitest';
import { openIam } from '../../../testkit/src/open-iam.ts';
import { anonymous } from '../core/principal.ts';
import type { Identities } from './identities.ts';
import { authorise } from './authorise.ts';
import type { AuthorizationDenied } from './explain-denial.ts';

let identities: Identities;
beforeAll(async () => {
  ({ identities } = await openIam(0));
});

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const attributes = { service: 'lambda', sourceIp: '127.0.0.1', isSecureTransport: false };

const may = (...statements: readonly object[]): boolean =>
  authorise(
    identities,
    anonymous,
    [
      {
        action: 'lambda:InvokeFunctionUrl',
        resources: [FUNCTION],
        conditions: { 'lambda:FunctionUrlAuthType': 'NONE' },
        resourcePolicy: {
          Version: '2012-10-17',
          Statement: statements.map((each) => ({ Effect: 'Allow' as const, ...each })),
        },
      },
    ],
    attributes,
  ).isAllowed;
const everybody = { Principal: '*', Action: 'lambda:InvokeFunctionUrl', Resource: FUNCTION };

test('everybody may what a statement allows to everybody, and nothing else', () => {
  expect(may(everybody)).toBe(true);
  expect(may({ ...everybody, Principal: { AWS: '*' } })).toBe(true);
  expect(may({ ...everybody, Action: 'lambda:InvokeFunction' })).toBe(false);
  expect(may({ ...everybody, Resource: `${FUNCTION}:live` })).toBe(false);
  expect(may()).toBe(false);
});

test('a statement for somebody is not for everybody', () => {
  for (const AWS of ['arn:aws:iam::000000000000:root', 'arn:aws:iam::000000000000:user/ada']) {
    expect(may({ ...everybody, Principal: { AWS } })).toBe(false);
  }
  expect(may({ ...everybody, Principal: { Service: 's3.amazonaws.com' } })).toBe(false);
});

test('conditions see the request, and that nobody has signed it', () => {
  const when = (Condition: object): boolean => may({ ...everybody, Condition });
  expect(when({ StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } })).toBe(true);
  expect(when({ StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } })).toBe(false);
  expect(when({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } })).toBe(true);
  expect(when({ Null: { 'aws:PrincipalArn': 'true' } })).toBe(true);
  expect(when({ StringEquals: { 'aws:PrincipalType': 'Anonymous' } })).toBe(true);
});

test('a Deny for everybody wins', () => {
  expect(may(everybody, { ...everybody, Effect: 'Deny' })).toBe(false);
});

test('without a policy nobody may', () => {
  const permission = { action: 'lambda:InvokeFunctionUrl', resources: [FUNCTION] };
  expect(authorise(identities, anonymous, [permission], attributes).isAllowed).toBe(false);
});

test('whose resource it is may have it explained, and the stranger is told nothing', () => {
  const Resource = 'arn:aws:s3:::photos/a.jpg';
  const permission = {
    action: 's3:GetObject',
    resources: [Resource],
    resourceAccount: '111111111111',
  };
  const decision = authorise(identities, anonymous, [permission], { ...attributes, service: 's3' });
  const { error } = decision as unknown as { readonly error: AuthorizationDenied };
  expect(error.message).toBe('Access Denied');
  identities.denials.note('an-id', error.denial);
  for (let count = 0; count < 200; count++) {
    identities.denials.note(`of-a-caller-${count}`, { ...error.denial, principal: 'somebody' });
  }
  expect(identities.denials.list('111111111111')).toHaveLength(201);
  expect(identities.denials.find('000000000000', 'an-id')).toBeUndefined();
  expect(identities.denials.find('111111111111', 'an-id')).toMatchObject({
    principal: 'anonymous',
    message: `A request without a signature is not authorized to perform: s3:GetObject on resource: ${Resource}`,
    missing: [{ side: 'resource', statement: { Principal: { AWS: '*' }, Resource } }],
  });
});
