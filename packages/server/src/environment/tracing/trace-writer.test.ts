import { afterEach, expect, test, vi } from 'vitest';
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import { RoleNotAssumable } from '../../core/invocation.ts';
import { roleSessionOf } from '../fixtures/role-session.ts';
import { silentLogger } from '../../lib/logger.ts';
import { createTraceWriter, type TraceWriter } from './trace-writer.ts';

const owner = { account: '000000000000', region: 'eu-west-1', name: 'pay', role: 'pays' };

let writer: TraceWriter;
afterEach(() => writer.close());

/** What X-Ray was sent, by whom. */
function open(answer: () => Promise<object> = async () => ({})): [string, readonly string[]][] {
  const sent: [string, readonly string[]][] = [];
  const callAs: CallAs = (caller, service, operation, input) => {
    expect([service, operation]).toEqual(['xray', 'PutTraceSegments']);
    const { TraceSegmentDocuments: documents } = input as { TraceSegmentDocuments: string[] };
    sent.push(['arn' in caller.principal ? caller.principal.arn : '', documents]);
    return answer();
  };
  const roles = {
    isAssumableBy: async () => true,
    assume: async (role: string, sessionName: string) => {
      if (role === 'gone') throw new RoleNotAssumable('no such role');
      return roleSessionOf(role, sessionName);
    },
  };
  writer = createTraceWriter({ callAs, roles, logger: silentLogger });
  return sent;
}

test('documents go in batches, each in the name of its function', async () => {
  const sent = open();
  const many = Array.from({ length: 60 }, (_, index) => String(index));
  writer.write(owner, many);
  writer.write({ ...owner, name: 'ship' }, ['a']);
  writer.write(owner, ['60']);
  await writer.close();
  const pays = roleSessionOf('pays', 'pay').principal.arn;
  expect(sent).toEqual([
    [pays, many.slice(0, 50)],
    [roleSessionOf('pays', 'ship').principal.arn, ['a']],
    [pays, [...many.slice(50), '60']],
  ]);
  expect(writer.dropped).toBe(0);
});

test('they go without being asked for', async () => {
  const sent = open();
  writer.write(owner, ['a']);
  await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 20_000 });
});

test('what the role may not write is lost and counted, and so is what no role can', async () => {
  const sent = open(() => Promise.reject(new AwsError('AccessDeniedException', 403, 'no')));
  writer.write(owner, ['a', 'b']);
  writer.write({ ...owner, role: 'gone' }, ['c']);
  await writer.close();
  expect(sent).toHaveLength(1);
  expect(writer.dropped).toBe(3);
});

test('more than may wait is dropped, of that function alone', async () => {
  const sent = open();
  writer.write(
    owner,
    Array.from({ length: 1_000 }, () => 'a'),
  );
  writer.write(owner, ['one too many']);
  writer.write({ ...owner, name: 'ship' }, ['a']);
  writer.write({ ...owner, name: 'large' }, ['x'.repeat(5_000_000)]);
  await writer.close();
  expect(writer.dropped).toBe(2);
  expect(sent.flatMap(([, documents]) => documents)).toHaveLength(1_001);
});

test('closing waits for what is still to be written', async () => {
  const sent = open();
  const work = Promise.withResolvers<void>();
  writer.expect(work.promise.then(() => writer.write(owner, ['late'])));
  const closing = writer.close();
  work.resolve();
  await closing;
  writer.write(owner, ['too late']);
  expect(sent.map(([, documents]) => documents)).toEqual([['late']]);
  expect(writer.dropped).toBe(1);
});
