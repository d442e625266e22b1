import { expect, test } from 'vitest';
import { segmentsIn } from './daemon-datagrams.ts';

test('a datagram of the daemon is its header, and the segment behind it', () => {
  const segment = '{"name":"a",\n"id":"b"}';
  const datagrams = [
    `{"format": "json", "version": 1}\n${segment}`,
    `{"format":"json","version":1}\n`,
    segment,
    `{"format":"json","version":2}\n${segment}`,
    `{"format":"thrift","version":1}\n${segment}`,
    `null\n${segment}`,
    `hello\n${segment}`,
    '',
  ];
  const bytes = datagrams.map((each) => Buffer.from(each));
  expect(segmentsIn([...bytes, Buffer.from([0xff, 0x0a])])).toEqual([segment]);
});
