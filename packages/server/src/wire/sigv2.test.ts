import { describe, expect, test } from 'vitest';
import type { RawRequestHead } from './raw-message.ts';
import { readSignedQuery, verifySignedQuery, verifyText } from './sigv2.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
/** Of AWS's documentation. */
const example: RawRequestHead = {
  method: 'GET',
  path: '/photos/puppy.jpg',
  query:
    'AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620',
  headers: { host: 'johnsmith.s3.us-west-1.localhost:4566' },
};

function verify(head: RawRequestHead): void {
  const signed = readSignedQuery(head);
  if (signed === undefined) throw new Error('It is not signed.');
  verifySignedQuery(signed, secret, head);
}

const refused = expect.objectContaining({ code: 'InvalidSignatureException', status: 403 });

describe('an address that was signed by version 2', () => {
  test("is verified: the example of AWS's documentation, by host and by path", () => {
    expect(readSignedQuery(example)).toEqual({
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      signature: 'NpgCjnDzrM+WFzoENXmpNDUsSn8=',
      expires: '1175139620',
      sessionToken: undefined,
    });
    verify(example);
    verify({ ...example, path: '/johnsmith/photos/puppy.jpg', headers: { host: 'h' } });
  });

  test('may choose what a listing has, and nothing else', () => {
    for (const more of ['prefix=a', 'list-type=2&max-keys=3', '']) {
      verify({ ...example, query: `${example.query}&${more}` });
    }
    for (const more of ['acl', 'versionId=x', '%76ersionId=x', 'encryption', 'x-amz-acl=public']) {
      expect(() => verify({ ...example, query: `${example.query}&${more}` })).toThrow(refused);
    }
  });

  test('is good for its method, path and headers only', () => {
    const others: readonly Partial<RawRequestHead>[] = [
      { method: 'PUT' },
      { path: '/photos/other.jpg' },
      { headers: { ...example.headers, 'content-type': 'text/html' } },
      { headers: { ...example.headers, 'x-amz-acl': 'public-read' } },
      { query: example.query.replace('1175139620', '1175139621') },
    ];
    for (const other of others) expect(() => verify({ ...example, ...other })).toThrow(refused);
  });

  test('is refused where a part of the signature is missing or no date', () => {
    const query = (text: string): RawRequestHead => ({ ...example, query: text });
    for (const text of [
      'AWSAccessKeyId=a',
      'Signature=a&Expires=1',
      'AWSAccessKeyId=a&Signature=b',
    ]) {
      expect(() => readSignedQuery(query(text))).toThrow('requires the Signature, Expires and');
    }
    const bad = query('AWSAccessKeyId=a&Signature=b&Expires=soon');
    expect(() => readSignedQuery(bad)).toThrow(
      'Invalid date (should be seconds since epoch): soon',
    );
    expect(readSignedQuery(query('Expires=1&prefix=a'))).toBeUndefined();
  });
});

test('a signature of a text is that of no other', () => {
  expect(() => verifyText('NpgCjnDzrM+WFzoENXmpNDUsSn8=', secret, 'other')).toThrow(refused);
  expect(() => verifyText('', secret, 'other')).toThrow(refused);
});
