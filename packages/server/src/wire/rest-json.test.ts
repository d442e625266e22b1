import { describe, expect, it } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { protocolOf } from './protocol.ts';
import type { RawRequest } from './raw-message.ts';
import { loadServiceModel } from './service-model.ts';

const model = loadServiceModel('lambda');
const protocol = protocolOf(model);
const head = { headers: {}, query: '' };

function routed(method: string, path: string, query = ''): string | undefined {
  return protocol.route({ method, path, query, headers: {} })?.name;
}

function parsed(request: Partial<RawRequest>): object {
  const whole: RawRequest = {
    method: 'GET',
    path: '/',
    ...head,
    body: new Uint8Array(0),
    ...request,
  };
  return protocol.parseInput(protocol.route(whole)!, whole);
}

function answerTo(error: AwsError): { status: number; headers: object; body: unknown } {
  const { status, headers, body } = protocol.serializeError(error, 'an-id');
  return { status, headers, body: JSON.parse(Buffer.from(body).toString()) as unknown };
}

describe('routing of restJson1', () => {
  it('takes a slash at the end, as old clients send it', () => {
    expect(routed('GET', '/2015-03-31/functions/')).toBe('ListFunctions');
    expect(routed('GET', '/2016-08-19/account-settings/')).toBe('GetAccountSettings');
    expect(routed('GET', '/2015-03-31/functions')).toBe('ListFunctions');
  });

  it('tells operations at one path apart by their query', () => {
    const path = '/2019-09-30/functions/f/provisioned-concurrency';
    expect(routed('GET', path, 'List=ALL')).toBe('ListProvisionedConcurrencyConfigs');
    expect(routed('GET', path, 'Qualifier=1')).toBe('GetProvisionedConcurrencyConfig');
    expect(routed('GET', '/2018-10-31/layers', 'find=LayerVersion&Arn=a')).toBe(
      'GetLayerVersionByArn',
    );
    expect(routed('GET', '/2018-10-31/layers')).toBe('ListLayers');
  });

  it('takes ARNs in paths, encoded or not', () => {
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
    const Resource = arn;
    expect(parsed({ path: `/2017-03-31/tags/${arn}` })).toEqual({ Resource });
    expect(parsed({ path: `/2017-03-31/tags/${encodeURIComponent(arn)}` })).toEqual({ Resource });
    const slashes = `${arn}:1/durable-execution/a/b`;
    const path = `/2025-12-01/durable-executions/${slashes}/history`;
    expect(routed('GET', path)).toBe('GetDurableExecutionHistory');
    expect(parsed({ path })).toEqual({ DurableExecutionArn: slashes });
  });

  it('knows no operation at other paths and methods', () => {
    expect(routed('GET', '/2015-03-31/functions/f/nothing')).toBeUndefined();
    expect(routed('PATCH', '/2015-03-31/functions/f')).toBeUndefined();
    expect(routed('GET', '/2015-03-31/functions//code')).toBeUndefined();
    expect(routed('GET', '')).toBeUndefined();
  });
});

describe('inputs of restJson1', () => {
  it('come from label, query, header and body', () => {
    const resource = {
      path: '/2017-03-31/tags/a',
      query: 'tagKeys=x&tagKeys=y%20z+w',
      method: 'DELETE',
    };
    expect(parsed(resource)).toEqual({ Resource: 'a', TagKeys: ['x', 'y z w'] });
    expect(parsed({ path: '/2015-03-31/functions', query: 'MaxItems=5' })).toEqual({ MaxItems: 5 });
  });

  it('hand on the payload of an invocation as the very same bytes', () => {
    const body = Buffer.from('not json \u0000');
    const headers = { 'x-amz-invocation-type': 'Event', 'content-type': 'text/plain' };
    const path = '/2015-03-31/functions/my%3Afunction/invocations';
    const input = parsed({ method: 'POST', path, headers, body }) as { Payload: unknown };
    expect(input).toEqual({ FunctionName: 'my:function', InvocationType: 'Event', Payload: body });
    expect(input.Payload).toBe(body);
  });

  it('with a broken escape or number are refused', () => {
    const refused = expect.objectContaining({ code: 'SerializationException', status: 400 });
    expect(() => parsed({ path: '/2015-03-31/functions/%zz' })).toThrow(refused);
    expect(() => parsed({ path: '/2015-03-31/functions', query: 'MaxItems=five' })).toThrow(
      refused,
    );
    expect(() => parsed({ path: '/2015-03-31/functions', query: 'Marker=%ff' })).toThrow(refused);
  });
});

describe('answers of restJson1', () => {
  const operation = (name: string): NonNullable<ReturnType<typeof protocol.route>> =>
    model.operations.get(name)!;

  it('write the payload of an invocation as it is, with its status and headers', () => {
    const Payload = Buffer.from('{"any":"bytes"}');
    const output = {
      StatusCode: 200,
      Payload,
      ExecutedVersion: '$LATEST',
      FunctionError: 'Unhandled',
    };
    const answer = protocol.serializeOutput(operation('Invoke'), output, 'an-id');
    expect(answer.body).toBe(Payload);
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'x-amzn-RequestId': 'an-id',
        'content-type': 'application/json',
        'x-amz-executed-version': '$LATEST',
        'x-amz-function-error': 'Unhandled',
      },
    });
  });

  it('without content have no body', () => {
    const answer = protocol.serializeOutput(operation('DeleteFunction'), { StatusCode: 204 }, 'i');
    expect(answer).toEqual({
      status: 204,
      headers: { 'x-amzn-RequestId': 'i' },
      body: new Uint8Array(0),
    });
    expect(protocol.serializeOutput(operation('TagResource'), {}, 'i').status).toBe(204);
    expect(protocol.serializeOutput(operation('CreateFunction'), {}, 'i').status).toBe(201);
  });

  it('write only what the operation declares', () => {
    const output = { FunctionName: 'f', secret: 'x', Timeout: 3 };
    const { body } = protocol.serializeOutput(operation('CreateFunction'), output, 'i');
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({ FunctionName: 'f', Timeout: 3 });
  });
});

describe('errors of restJson1', () => {
  it.each([
    ['ResourceNotFoundException', 404, { Type: 'User', Message: 'm' }],
    ['InvalidParameterValueException', 400, { Type: 'User', message: 'm' }],
    ['ResourceConflictException', 409, { Type: 'User', message: 'm' }],
    ['CodeSigningConfigNotFoundException', 404, { Type: 'User', Message: 'm' }],
    ['ServiceException', 500, { Type: 'Service', Message: 'm' }],
    ['ValidationException', 400, { message: 'm' }],
    ['AccessDeniedException', 403, { Message: 'm' }],
    ['RequestEntityTooLargeException', 413, { Message: 'm' }],
    ['InvalidSignatureException', 403, { message: 'm' }],
  ])('%s has the status and body of AWS', (code, status, body) => {
    const answer = answerTo(new AwsError(code, status, 'm'));
    expect(answer).toMatchObject({ status, body, headers: { 'x-amzn-ErrorType': code } });
    expect(answer.body).toEqual(body);
  });

  it('carry their members, and those that are headers as headers', () => {
    const members = {
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      retryAfterSeconds: '1',
    };
    expect(
      answerTo(new AwsError('TooManyRequestsException', 429, 'Rate Exceeded.', { members })),
    ).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { Reason: members.Reason, Type: 'User', message: 'Rate Exceeded.' },
    });
  });

  it('carry the headers they were given, and no Type where that is named as empty', () => {
    const error = new AwsError('TooManyRequestsException', 429, 'm', {
      headers: { 'Retry-After': '2' },
      members: { Type: '' },
    });
    const answer = answerTo(error);
    expect(answer.headers).toMatchObject({ 'Retry-After': '2' });
    expect(answer.body).toEqual({ message: 'm' });
  });
});
