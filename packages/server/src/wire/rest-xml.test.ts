import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { protocolOf } from './protocol.ts';
import type { RawRequest } from './raw-message.ts';
import { s3AddressOf } from './s3-address.ts';
import { loadServiceModel, type OperationModel } from './service-model.ts';
import { parseXml } from './xml-reader.ts';

const model = loadServiceModel('s3');
const protocol = protocolOf(model);

/** They have host names of their own on AWS. */
const elsewhere: ReadonlySet<string> = new Set([
  'ListDirectoryBuckets',
  'WriteGetObjectResponse',
  'CreateSession',
]);

function requestFor(operation: OperationModel): RawRequest {
  const [uri = '', query = ''] = (operation.http?.uri ?? '').split('?');
  const isForBucket = operation.input.members.some((each) => each.name === 'Bucket');
  const required = operation.input.members
    .filter((each) => each.isRequired && each.traits.query !== undefined)
    .map((each) => `${each.traits.query}=1`);
  const hasSource = operation.input.members.some((each) => each.name === 'CopySource');
  return {
    method: operation.http?.method ?? '',
    path: isForBucket ? `/bucket${uri === '/' ? '' : '/some/key'}` : '/',
    query: [query, ...required].filter((each) => each !== '').join('&'),
    headers: { host: '127.0.0.1:4566', ...(hasSource ? { 'x-amz-copy-source': 'b/k' } : {}) },
    body: new Uint8Array(0),
  };
}

test('every operation of S3 is found by its method, path and query', () => {
  const operations = [...model.operations.values()].filter((each) => !elsewhere.has(each.name));
  expect(operations.length).toBeGreaterThan(100);
  for (const operation of operations) {
    expect([operation.name, protocol.route(requestFor(operation))?.name]).toEqual([
      operation.name,
      operation.name,
    ]);
  }
});

describe('the bucket and the key', () => {
  const address = (path: string, host = '127.0.0.1:4566'): object =>
    s3AddressOf({ path, headers: { host } });

  test.each([
    ['/', '127.0.0.1', undefined, undefined],
    ['/b', '127.0.0.1', 'b', undefined],
    ['/b/', '127.0.0.1', 'b', undefined],
    ['/b/k', 'localhost:4566', 'b', 'k'],
    ['/b/../k//x/', 's3.localhost:4566', 'b', '../k//x/'],
    ['/b/a%2Fb%20c+d', 's3.eu-west-1.localhost', 'b', 'a/b c+d'],
    ['/', 'my.bucket.s3.localhost:4566', 'my.bucket', undefined],
    ['/k/l', 'bucket.s3.eu-west-1.localhost', 'bucket', 'k/l'],
    ['/k', 'bucket.localhost:4566', 'bucket', 'k'],
    ['//k', 'bucket.localhost', 'bucket', '/k'],
  ])('of %s at %s', (path, host, bucket, key) => {
    expect(address(path, host)).toEqual({ bucket, key });
  });

  test('of a path that is not UTF-8 are refused', () => {
    expect(() => address('/b/%FF')).toThrow(AwsError);
  });
});

describe('documents', () => {
  test('are read with namespaces, references and sections', () => {
    const root = parseXml(
      Buffer.from(
        '<?xml version="1.0"?>\n<!-- c --><a:x xmlns:a="u" b=\'1\'><y>&lt;&#65;&#x1F600;</y><z><![CDATA[<&]]></z><e/></a:x>\n',
      ),
    );
    expect(root.name).toBe('x');
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([
      ['y', '<A\u{1F600}'],
      ['z', '<&'],
      ['e', ''],
    ]);
  });

  test.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a>&nbsp;</a>',
    '<a>&#xD800;</a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a b=c/>',
    `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  ])('that are broken or dangerous are refused: %s', (text) => {
    expect(() => parseXml(Buffer.from(text))).toThrow(AwsError);
  });

  test('of any bytes end in an element or in a refusal', () => {
    const soup = fc.array(
      fc.constantFrom('<', '>', '/', 'a', '&', ';', '#', '!', '-', '[', ']', '?', '"', '=', ' '),
    );
    fc.assert(
      fc.property(soup, (parts) => {
        try {
          parseXml(Buffer.from(parts.join('')));
        } catch (error) {
          expect(error).toMatchObject({ code: 'MalformedXML' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('have nothing of an output that is a header', () => {
    const list = model.operations.get('ListObjectsV2')!;
    const output = { KeyCount: 0, RequestCharged: 'requester' };
    const { headers, body } = protocol.serializeOutput(list, output, 'an-id');
    expect(headers).toMatchObject({ 'x-amz-request-charged': 'requester' });
    expect(Buffer.from(body).toString()).toMatch(
      /<ListBucketResult [^>]*><KeyCount>0<\/KeyCount><\/ListBucketResult>$/,
    );
  });

  test('are written with their namespace, and errors alone', () => {
    const list = model.operations.get('ListBuckets')!;
    const output = { Buckets: [{ Name: 'a&b' }], Owner: { ID: 'me' } };
    const text = Buffer.from(protocol.serializeOutput(list, output, 'an-id').body).toString();
    expect(text).toContain(
      '<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    );
    expect(text).toContain('<Buckets><Bucket><Name>a&amp;b</Name></Bucket></Buckets>');
    const error = new AwsError('NoSuchKey', 404, 'Why?', { members: { Key: '<k>' } });
    const refused = protocol.serializeError(error, '01234567-89ab-cdef-0123-456789abcdef');
    expect(refused.status).toBe(404);
    expect(Buffer.from(refused.body).toString()).toContain(
      '<Error><Code>NoSuchKey</Code><Message>Why?</Message><Key>&lt;k&gt;</Key><RequestId>0123456789ABCDEF</RequestId><HostId>',
    );
  });
});
