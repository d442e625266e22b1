import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AwsError } from './aws-error.ts';
import { parseFunctionName, resolveFunctionName } from './function-name.ts';

const caller = { account: '000000000000', region: 'eu-west-1' };

test.each([
  ['f', { name: 'f' }],
  ['f:1', { name: 'f', qualifier: '1' }],
  ['f:$LATEST', { name: 'f', qualifier: '$LATEST' }],
  ['f:$LATEST.PUBLISHED', { name: 'f', qualifier: '$LATEST.PUBLISHED' }],
  ['f:live', { name: 'f', qualifier: 'live' }],
  ['function:f', { name: 'f' }],
  ['000000000000:function:f', { account: '000000000000', name: 'f' }],
  ['000000000000:function:f:live', { account: '000000000000', name: 'f', qualifier: 'live' }],
  [
    'arn:aws:lambda:us-east-1:111111111111:function:f',
    { account: '111111111111', region: 'us-east-1', name: 'f' },
  ],
  [
    'arn:aws-us-gov:lambda:us-gov-west-1:111111111111:function:f:7',
    { account: '111111111111', region: 'us-gov-west-1', name: 'f', qualifier: '7' },
  ],
])('%s is taken apart', (text, parts) => {
  expect(parseFunctionName(text)).toEqual(parts);
});

test.each([
  '',
  'a b',
  'invalid:function:name',
  'f:',
  'f:1:2',
  'f/../g',
  'f\n',
  'arn:aws:s3:::b',
  'ä',
])('%j is none of the forms', (text) => {
  expect(() => parseFunctionName(text)).toThrow(
    /^1 validation error detected: Value '[^]*' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
  );
});

const region = fc.constantFrom('eu-west-1', 'us-gov-west-1', 'eusc-de-east-1', 'us-iso-east-1');
const account = fc.stringMatching(/^\d{12}$/);
const name = fc
  .stringMatching(/^[a-zA-Z_-][a-zA-Z0-9_-]{0,30}$/)
  .filter((text) => text !== 'function');
const qualifier = fc.option(fc.constantFrom('$LATEST', '1', 'live', 'A-b_3'), { nil: undefined });

test('every form says the same as its parts', () => {
  fc.assert(
    fc.property(region, account, name, qualifier, (inRegion, ofAccount, called, as) => {
      const end = as === undefined ? '' : `:${as}`;
      const ending = as === undefined ? {} : { qualifier: as };
      expect(parseFunctionName(`${called}${end}`)).toEqual({ name: called, ...ending });
      expect(parseFunctionName(`${ofAccount}:function:${called}${end}`)).toEqual({
        account: ofAccount,
        name: called,
        ...ending,
      });
      expect(
        parseFunctionName(`arn:aws:lambda:${inRegion}:${ofAccount}:function:${called}${end}`),
      ).toEqual({ account: ofAccount, region: inRegion, name: called, ...ending });
    }),
  );
});

test('any text at all is parsed or answered with an error of the client, and quickly', () => {
  const piece = fc.constantFrom('arn:aws:lambda:', 'eu-west-1:', '000000000000:', 'function:', ':');
  const text = fc.oneof(
    fc.string({ maxLength: 2_000 }),
    fc
      .array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 12 })
      .map((x) => x.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      try {
        expect(parseFunctionName(value).name).not.toBe('');
      } catch (error) {
        expect(error).toBeInstanceOf(AwsError);
        expect((error as AwsError).status).toBe(400);
      }
    }),
  );
});

test('the qualifier may be said in either place, and in both if they agree', () => {
  const expected = { ...caller, name: 'f', qualifier: '1' };
  expect(resolveFunctionName('f:1', undefined, caller)).toEqual(expected);
  expect(resolveFunctionName('f', '1', caller)).toEqual(expected);
  expect(resolveFunctionName('f:1', '1', caller)).toEqual(expected);
  expect(resolveFunctionName('f', undefined, caller)).toEqual({ ...caller, name: 'f' });
});

test('two different qualifiers are refused', () => {
  expect(() => resolveFunctionName('f:1', '2', caller)).toThrow(
    'The derived qualifier from the function name does not match the specified qualifier.',
  );
});

test('another region is not reachable, another account is denied', () => {
  const elsewhere = 'arn:aws:lambda:ap-southeast-1:000000000000:function:f';
  expect(() => resolveFunctionName(elsewhere, undefined, caller)).toThrow(
    expect.objectContaining({
      code: 'ResourceNotFoundException',
      status: 404,
      message: "Functions from 'ap-southeast-1' are not reachable in this region ('eu-west-1')",
    }),
  );
  const others = 'arn:aws:lambda:eu-west-1:111111111111:function:f';
  expect(() => resolveFunctionName(others, undefined, caller)).toThrow(
    expect.objectContaining({ code: 'AccessDeniedException', status: 403 }),
  );
});
