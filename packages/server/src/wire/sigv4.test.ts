import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { percentEncode } from './percent.ts';
import type { RawRequest } from './raw-message.ts';
import { presignUrl, readSignature, signRequest, verifySignature } from './sigv4.ts';

const nowMs = Date.parse('2026-11-24T10:15:00Z');
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const scope = { region: 'us-east-1', service: 'lambda', nowMs };

const plain: RawRequest = {
  method: 'POST',
  path: '/2015-03-31/functions/f/invocations',
  query: 'Qualifier=1',
  headers: { host: '127.0.0.1:4566' },
  body: Buffer.from('{}'),
};

function signed(request: RawRequest = plain): RawRequest {
  return {
    ...request,
    headers: { ...request.headers, ...signRequest(request, credentials, scope) },
  };
}

function verify(request: RawRequest, atMs = nowMs, secret = credentials.secretAccessKey): void {
  const signature = readSignature(request);
  if (signature === undefined) throw new Error('no signature was found');
  verifySignature(signature, secret, request, atMs);
}

function refusalOf(act: () => unknown): AwsError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return error as AwsError;
  }
  throw new Error('nothing was refused');
}

const mismatch = expect.stringMatching(/^The request signature we calculated does not match/);

describe("AWS's published examples", () => {
  const host = 'example.amazonaws.com';
  const vector = (signature: string): string =>
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
    `SignedHeaders=host;x-amz-date, Signature=${signature}`;
  const vectors = [
    ['get-vanilla', 'GET', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      'Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-vanilla',
      'POST',
      '',
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
  ] as const;

  it.each(vectors)('%s is verified', (_name, method, query, signature) => {
    const headers = { host, 'x-amz-date': '20150830T123600Z', authorization: vector(signature) };
    const request = { method, path: '/', query, headers, body: new Uint8Array(0) };
    expect(() => verify(request, Date.parse('2015-08-30T12:36:00Z'))).not.toThrow();
  });

  it('ListUsers of IAM is verified', () => {
    const headers = {
      host: 'iam.amazonaws.com',
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
        'SignedHeaders=content-type;host;x-amz-date, ' +
        'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    };
    const query = 'Action=ListUsers&Version=2010-05-08';
    const request = { method: 'GET', path: '/', query, headers, body: new Uint8Array(0) };
    expect(() => verify(request, Date.parse('2015-08-30T12:36:00Z'))).not.toThrow();
  });

  it('a presigned object of S3 is verified, with its payload unsigned', () => {
    const query =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256' +
      '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    const headers = { host: 'examplebucket.s3.amazonaws.com' };
    const request = { method: 'GET', path: '/test.txt', query, headers, body: new Uint8Array(0) };
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    const atMs = Date.parse('2013-05-24T23:00:00Z');
    expect(() => verify(request, atMs, secret)).not.toThrow();
    expect(() => verify({ ...request, path: '/other.txt' }, atMs, secret)).toThrow(AwsError);
  });
});

const segments = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 4 });
const requests = fc.record({
  service: fc.constantFrom('lambda', 's3', 'iam'),
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: segments.map((parts) => `/${parts.map(percentEncode).join('/')}`),
  query: fc.dictionary(
    // The signer of the SDK loses a parameter of this name.
    fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name !== '__proto__'),
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
    ),
    { maxKeys: 4, noNullPrototype: true },
  ),
  headers: fc.dictionary(
    fc.stringMatching(/^x-amz-meta-[a-z]{1,5}$/),
    fc.stringMatching(/^[ -~]{0,20}$/),
    { maxKeys: 3, noNullPrototype: true },
  ),
  body: fc.uint8Array({ maxLength: 50 }),
  sessionToken: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
});

type Generated = typeof requests extends fc.Arbitrary<infer T> ? T : never;

class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array | ArrayBuffer) {
    const key = secret instanceof ArrayBuffer ? new Uint8Array(secret) : secret;
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('not used');
  }
}

function signerFor(generated: Generated): SignatureV4 {
  const { service, sessionToken } = generated;
  return new SignatureV4({
    service,
    region: 'eu-west-1',
    sha256: Sha256 as never,
    uriEscapePath: service !== 's3',
    credentials: { ...credentials, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
}

function sdkRequest({
  method,
  path,
  query,
  headers,
  body,
}: Generated): Parameters<SignatureV4['sign']>[0] {
  return {
    method,
    protocol: 'http:',
    hostname: 'localhost',
    path,
    query,
    headers: { host: 'localhost', ...headers },
    body,
  };
}

function received(
  request: { method: string; path: string; query?: unknown; headers: Record<string, string> },
  body: Uint8Array,
): RawRequest {
  const query = Object.entries((request.query ?? {}) as Record<string, string | string[]>)
    .flatMap(([name, value]) =>
      [value].flat().map((each) => `${percentEncode(name)}=${percentEncode(each)}`),
    )
    .join('&');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { method: request.method, path: request.path, query, headers, body };
}

const signingDate = new Date(nowMs);

describe("signatures of the SDK's own signer", () => {
  it('in headers are verified, and not for another body, path or query', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (generated) => {
        const made = await signerFor(generated).sign(sdkRequest(generated), { signingDate });
        const request = received(made, generated.body);
        expect(readSignature(request)?.sessionToken).toBe(generated.sessionToken);
        expect(() => verify(request)).not.toThrow();
        expect(() =>
          verify({
            ...request,
            body: Buffer.from('another body, and longer than fifty bytes for sure'),
          }),
        ).toThrow(AwsError);
        expect(() => verify({ ...request, path: `${request.path}/more` })).toThrow(AwsError);
        expect(() => verify({ ...request, query: `${request.query}&more=1` })).toThrow(AwsError);
        expect(() => verify({ ...request, method: 'PATCH' })).toThrow(AwsError);
        expect(() => verify(request, nowMs, 'another secret')).toThrow(AwsError);
      }),
      { numRuns: 200 },
    );
  });

  it('in queries are verified until they expire', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (generated) => {
        const request = {
          ...sdkRequest(generated),
          body: generated.service === 's3' ? undefined : generated.body,
        };
        if (generated.service === 's3')
          request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
        const made = await signerFor(generated).presign(request, { signingDate, expiresIn: 60 });
        const raw = received(made, generated.body);
        expect(readSignature(raw)).toMatchObject({ kind: 'presigned', expiresSeconds: 60 });
        expect(() => verify(raw, nowMs + 60_000)).not.toThrow();
        expect(() => verify(raw, nowMs + 61_000)).toThrow('Signature expired');
        expect(() => verify({ ...raw, path: `${raw.path}/more` })).toThrow(AwsError);
      }),
      { numRuns: 200 },
    );
  });
});

describe('our own signatures', () => {
  it('are verified', () => {
    expect(() => verify(signed())).not.toThrow();
    const url = presignUrl(
      'http://127.0.0.1:4566/a b/c?d=e',
      { ...credentials, sessionToken: 't+/=' },
      { ...scope, service: 's3', method: 'GET', expiresSeconds: 600 },
    );
    const [path = '', query = ''] = url.slice('http://127.0.0.1:4566'.length).split('?');
    const request = {
      method: 'GET',
      path,
      query,
      headers: { host: '127.0.0.1:4566' },
      body: new Uint8Array(0),
    };
    expect(() => verify(request, nowMs + 599_000)).not.toThrow();
    expect(readSignature(request)?.sessionToken).toBe('t+/=');
  });

  it('are what the signer of the SDK computes', async () => {
    const generated: Generated = {
      method: 'POST',
      path: plain.path,
      service: 'lambda',
      query: { Qualifier: '1' },
      headers: {},
      sessionToken: 'token',
      body: Buffer.from('{}'),
    };
    const ours = signRequest(
      plain,
      { ...credentials, sessionToken: 'token' },
      { ...scope, region: 'eu-west-1' },
    );
    const request = { ...sdkRequest(generated), headers: { host: '127.0.0.1:4566' } };
    const theirs = await signerFor(generated).sign(request, { signingDate });
    expect(ours['authorization']).toBe(theirs.headers['authorization']);
  });
});

describe('refusals', () => {
  it('of a wrong signature have the words of AWS', () => {
    const { headers } = signed();
    for (const signature of ['0'.repeat(64), 'short', 'ü'.repeat(32)]) {
      const authorization = headers['authorization']!.replace(
        /Signature=.*/,
        `Signature=${signature}`,
      );
      const request = { ...plain, headers: { ...headers, authorization } };
      const refusal = refusalOf(() => verify(request));
      expect(refusal).toMatchObject({
        code: 'InvalidSignatureException',
        status: 403,
        message: mismatch,
      });
    }
  });

  it('of clocks that are off name both times', () => {
    expect(refusalOf(() => verify(signed(), nowMs + 16 * 60_000))).toMatchObject({
      code: 'InvalidSignatureException',
      status: 403,
      message:
        'Signature expired: 20261124T101500Z is now earlier than 20261124T101600Z (20261124T103100Z - 15 min.)',
    });
    expect(refusalOf(() => verify(signed(), nowMs - 16 * 60_000)).message).toBe(
      'Signature not yet current: 20261124T101500Z is still later than 20261124T101400Z (20261124T095900Z + 15 min.)',
    );
    expect(() => verify(signed(), nowMs + 15 * 60_000)).not.toThrow();
  });

  it('of incomplete Authorization headers say what is missing', () => {
    const read = (authorization: string, headers: Record<string, string> = {}): AwsError =>
      refusalOf(() =>
        readSignature({ ...plain, headers: { ...plain.headers, ...headers, authorization } }),
      );
    expect(read('AWS4-HMAC-SHA256 Credential=a/20261124/r/s/aws4_request')).toMatchObject({
      code: 'IncompleteSignatureException',
      status: 400,
      message:
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
        'Authorization=AWS4-HMAC-SHA256 Credential=a/20261124/r/s/aws4_request',
    });
    expect(read('Bearer xyz').code).toBe('IncompleteSignatureException');
    expect(read('AWS4-HMAC-SHA256 nonsense').message).toContain('missing equal-sign');
    const rest = 'SignedHeaders=host, Signature=00';
    const date = { 'x-amz-date': '20261124T101500Z' };
    expect(read(`AWS4-HMAC-SHA256 Credential=a/b, ${rest}`, date).message).toContain(
      'exactly 5 slash-delimited elements',
    );
    expect(
      read(`AWS4-HMAC-SHA256 Credential=a/20261123/r/s/aws4_request, ${rest}`, date).message,
    ).toContain("'20261123' != '20261124'");
    expect(
      read(`AWS4-HMAC-SHA256 Credential=a/20261124/r/s/other, ${rest}`, date).message,
    ).toContain('valid terminator');
    expect(
      read(`AWS4-HMAC-SHA256 Credential=a/20261399/r/s/aws4_request, ${rest}`, {
        'x-amz-date': '20261399T101500Z',
      }).message,
    ).toContain('ISO-8601');
  });

  it('of a signature that leaves the host out', () => {
    const headers = {
      'x-amz-date': '20261124T101500Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/20261124/r/s/aws4_request, SignedHeaders=x-amz-date, Signature=00',
    };
    expect(refusalOf(() => verify({ ...plain, headers })).message).toContain(
      "'Host' or ':authority'",
    );
  });

  it('of a body other than the one whose hash was stated', () => {
    const request = signed();
    expect(refusalOf(() => verify({ ...request, body: Buffer.from('{"a":1}') })).message).toEqual(
      mismatch,
    );
  });

  it('of presigned parameters that stand twice or expire too late', () => {
    const url = presignUrl('http://h/', credentials, {
      ...scope,
      method: 'GET',
      expiresSeconds: 604_801,
    });
    const query = url.slice(url.indexOf('?') + 1);
    expect(refusalOf(() => readSignature({ ...plain, query })).message).toContain('X-Amz-Expires');
    const twice = `${query}&X-Amz-Expires=5`;
    expect(refusalOf(() => readSignature({ ...plain, query: twice })).message).toContain(
      'given once',
    );
  });

  it('do not meet requests without any signature', () => {
    expect(readSignature(plain)).toBeUndefined();
  });
});

describe('details of the canonical request', () => {
  it('an HTTP Date stands in for X-Amz-Date, and its time is the one that is signed', () => {
    const { headers } = signed();
    const { 'x-amz-date': _omitted, ...rest } = headers;
    const request = { ...plain, headers: { ...rest, date: 'Tue, 24 Nov 2026 10:15:00 GMT' } };
    expect(readSignature(request)?.timestamp).toBe('20261124T101500Z');
  });

  it('a payload stated as unsigned may be any', () => {
    const authorization = signedUnsigned();
    const headers = {
      ...plain.headers,
      'x-amz-date': '20261124T101500Z',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      authorization,
    };
    expect(() => verify({ ...plain, headers, body: Buffer.from('anything') })).not.toThrow();
    expect(() =>
      verify({
        ...plain,
        headers: { ...headers, 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
      }),
    ).toThrow(AwsError);
  });

  it('the order and the encoding of query parameters do not matter', () => {
    const request = signed({ ...plain, query: 'b=%7E+x&a=2&a=1&c' });
    for (const query of ['c=&a=1&a=2&b=~%20x', 'a=1&b=%7e%20x&a=2&c=']) {
      expect(() => verify({ ...request, query })).not.toThrow();
    }
  });
});

/** Computed step by step here, as the documentation of AWS tells. */
function signedUnsigned(): string {
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const canonical = `POST\n${plain.path}\n${plain.query}\nhost:127.0.0.1:4566\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:20261124T101500Z\n\n${names}\nUNSIGNED-PAYLOAD`;
  const scopeName = '20261124/us-east-1/lambda/aws4_request';
  const digest = createHash('sha256').update(canonical).digest('hex');
  let key: Buffer | string = `AWS4${credentials.secretAccessKey}`;
  for (const part of scopeName.split('/')) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n20261124T101500Z\n${scopeName}\n${digest}`)
    .digest('hex');
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scopeName}, SignedHeaders=${names}, Signature=${signature}`;
}
