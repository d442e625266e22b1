import { XMLParser, XMLValidator } from 'fast-xml-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { protocolOf } from './protocol.ts';
import type { RawRequest } from './raw-message.ts';
import { loadServiceModel } from './service-model.ts';
import { xmlText } from './xml-text.ts';

const model = loadServiceModel('iam');
const protocol = protocolOf(model);
const head = { method: 'POST', path: '/', query: '', headers: {} };

function request(form: string, query = ''): RawRequest {
  return { ...head, query, body: Buffer.from(form) };
}

function routed(form: string, query = ''): string | undefined {
  const { body, ...rest } = request(form, query);
  return protocol.route(rest, body)?.name;
}

function parsed(form: string): object {
  const whole = request(form);
  return protocol.parseInput(protocol.route(whole, whole.body)!, whole);
}

describe('requests of awsQuery', () => {
  it('are routed by Action and Version, in the form or in the query', () => {
    expect(routed('Action=ListRoles&Version=2010-05-08')).toBe('ListRoles');
    expect(routed('Version=2010-05-08&Action=ListRoles')).toBe('ListRoles');
    expect(routed('', 'Action=ListRoles&Version=2010-05-08')).toBe('ListRoles');
    expect(routed('Action=ListRoles&Version=2011-06-15')).toBeUndefined();
    expect(routed('Action=NoSuchThing&Version=2010-05-08')).toBeUndefined();
    expect(routed('XAction=ListRoles')).toBeUndefined();
    expect(routed('Action=constructor')).toBeUndefined();
  });

  it('hold lists whose order is that of their numbers, not of their places', () => {
    const form =
      'Action=TagRole&RoleName=r&Tags.member.10.Key=j&Tags.member.10.Value=&Tags.member.2.Key=b&Tags.member.2.Value=v+w';
    expect(parsed(form)).toEqual({
      RoleName: 'r',
      Tags: [
        { Key: 'b', Value: 'v w' },
        { Key: 'j', Value: '' },
      ],
    });
  });

  it('may leave the word member out, and may say that a list is empty', () => {
    expect(parsed('Action=UntagRole&RoleName=r&TagKeys.1=a&TagKeys.2=b')).toEqual({
      RoleName: 'r',
      TagKeys: ['a', 'b'],
    });
    expect(parsed('Action=UntagRole&RoleName=r&TagKeys=')).toEqual({ RoleName: 'r', TagKeys: [] });
  });

  it('are refused where a value does not fit', () => {
    const refused = expect.objectContaining({ code: 'SerializationException' });
    expect(() => parsed('Action=ListRoles&MaxItems=many')).toThrow(refused);
    expect(() => parsed('Action=ListRoles&PathPrefix=%')).toThrow(refused);
    expect(() => parsed('Action=ListRoles&PathPrefix.x=1')).toThrow(refused);
    expect(() => parsed(`Action=ListRoles&${'a.'.repeat(100_000)}=1`)).toThrow(refused);
  });
});

describe('answers of awsQuery', () => {
  it('have the envelope of AWS', () => {
    const output = { RoleName: 'r', PolicyName: 'a<b', PolicyDocument: '%7B%7D' };
    const { headers, body } = protocol.serializeOutput(
      model.operations.get('GetRolePolicy')!,
      output,
      'an-id',
    );
    expect(headers).toEqual({ 'content-type': 'text/xml', 'x-amzn-RequestId': 'an-id' });
    expect(Buffer.from(body).toString()).toBe(
      '<GetRolePolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRolePolicyResult>' +
        '<RoleName>r</RoleName><PolicyName>a&lt;b</PolicyName><PolicyDocument>%7B%7D</PolicyDocument>' +
        '</GetRolePolicyResult><ResponseMetadata><RequestId>an-id</RequestId></ResponseMetadata></GetRolePolicyResponse>',
    );
  });

  it('have no result where the operation has no output', () => {
    const { body } = protocol.serializeOutput(model.operations.get('DeleteRole')!, {}, 'an-id');
    expect(Buffer.from(body).toString()).not.toContain('Result');
  });

  it('name errors as this protocol does', () => {
    const codes: readonly (readonly [string, number, string, number])[] = [
      ['NoSuchEntityException', 400, 'NoSuchEntity', 404],
      ['NoSuchEntity', 400, 'NoSuchEntity', 404],
      ['MalformedPolicyDocumentException', 400, 'MalformedPolicyDocument', 400],
      ['InvalidSignatureException', 403, 'SignatureDoesNotMatch', 403],
      ['ValidationException', 400, 'ValidationError', 400],
      ['AccessDeniedException', 403, 'AccessDenied', 403],
      ['SomethingElse', 418, 'SomethingElse', 418],
    ];
    for (const [code, status, told, toldStatus] of codes) {
      const answer = protocol.serializeError(new AwsError(code, status, 'm & m'), 'an-id');
      expect(answer.status).toBe(toldStatus);
      expect(Buffer.from(answer.body).toString()).toBe(
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>' +
          `<Code>${told}</Code><Message>m &amp; m</Message></Error><RequestId>an-id</RequestId></ErrorResponse>`,
      );
    }
  });
});

describe('text in XML', () => {
  it('is well-formed and reads back as it was, whatever it was', () => {
    const parser = new XMLParser({ trimValues: false, parseTagValue: false });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const xml = `<a>${xmlText(text)}</a>`;
        expect(XMLValidator.validate(xml)).toBe(true);
        expect(/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/.test(xml)).toBe(false);
        if (/^[\t\n\u0020-\uD7FF]+$/.test(text)) {
          expect((parser.parse(xml) as { a: string }).a).toBe(text);
        }
      }),
    );
  });

  it('loses only what XML cannot hold', () => {
    expect(xmlText('a\u0000b\uD800c\r\n\u{1F600}"')).toBe(
      'a\u{FFFD}b\u{FFFD}c&#xD;\n\u{1F600}&quot;',
    );
  });
});
