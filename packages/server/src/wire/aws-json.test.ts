import { describe, expect, it } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { protocolOf } from './protocol.ts';
import { loadServiceModel } from './service-model.ts';

const model = loadServiceModel('logs');
const protocol = protocolOf(model);
const head = { method: 'POST', path: '/', query: '' };

describe('awsJson1.1', () => {
  it('finds the operation by X-Amz-Target alone', () => {
    const route = (target: string): string | undefined =>
      protocol.route({ ...head, headers: { 'x-amz-target': target } })?.name;
    expect(route('Logs_20140328.CreateLogGroup')).toBe('CreateLogGroup');
    expect(route('Logs_20140328.constructor')).toBeUndefined();
    expect(route('Other.CreateLogGroup')).toBeUndefined();
    expect(protocol.route({ ...head, headers: {} })).toBeUndefined();
  });

  it('takes an empty body for an empty object', () => {
    const operation = model.operations.get('DescribeLogGroups')!;
    const request = { ...head, headers: {}, body: new Uint8Array(0) };
    expect(protocol.parseInput(operation, request)).toEqual({});
  });

  it('answers nothing at all where the operation has no output', () => {
    const answer = protocol.serializeOutput(model.operations.get('CreateLogGroup')!, {}, 'an-id');
    expect(answer).toEqual({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-RequestId': 'an-id' },
      body: new Uint8Array(0),
    });
  });

  it('writes whole numbers of milliseconds as numbers', () => {
    const output = {
      logGroups: [{ logGroupName: 'g', creationTime: 1_700_000_000_123, storedBytes: 0 }],
    };
    const { body } = protocol.serializeOutput(
      model.operations.get('DescribeLogGroups')!,
      output,
      'i',
    );
    expect(JSON.parse(Buffer.from(body).toString())).toEqual(output);
  });

  it.each([
    [new AwsError('ResourceNotFoundException', 404, 'm'), 400],
    [new AwsError('AccessDeniedException', 403, 'm'), 400],
    [new AwsError('RequestEntityTooLargeException', 413, 'm'), 413],
    [new AwsError('NotImplementedException', 501, 'm'), 501],
    [new AwsError('InternalFailure', 503, 'm'), 500],
  ])('tells %s by __type, with one of its few statuses', (error, status) => {
    const answer = protocol.serializeError(error, 'an-id');
    expect(answer.status).toBe(status);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({
      __type: error.code,
      message: 'm',
    });
  });
});
