import { describe, expect, test } from 'vitest';
import { parseDestinations } from './destination.ts';

describe('destinations', () => {
  test('are ports of the host, ranges, and ports of ranges', () => {
    expect(parseDestinations('host:5432, 10.1.0.0/16,192.168.1.7:443 ,localhost:80,')).toEqual([
      { kind: 'host', port: 5432 },
      { kind: 'range', range: '10.1.0.0/16' },
      { kind: 'range', range: '192.168.1.7/32', port: 443 },
      { kind: 'host', port: 80 },
    ]);
    expect(parseDestinations('')).toEqual([]);
  });

  test.each([
    'host',
    'host:0',
    'host:65536',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0:80',
    'example.com:80',
    '127.0.0.2:80',
    '::1',
    '10.0.0.1:80:80',
    '10.0.0.1; flush ruleset',
  ])('%s is none', (text) => {
    expect(parseDestinations(text)).toBeUndefined();
  });
});
