import { describe, expect, test } from 'vitest';
import { joinLineages, MOST_ROUNDS, withLineage } from './lineage.ts';

const root = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0';
const arn = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

describe('the lineage of a trace header', () => {
  test('begins with the first function and leaves the rest of the header as it was', () => {
    const { traceHeader, rounds } = withLineage(root, arn('a'));
    expect(traceHeader).toMatch(
      /^Root=1-[0-9a-f-]+;Parent=[0-9a-f]+;Sampled=0;Lineage=1:[0-9a-f]{8}:0$/,
    );
    expect(rounds).toBe(0);
  });

  test('counts the rounds of a loop through several functions', () => {
    let traceHeader = root;
    const rounds: number[] = [];
    for (let round = 0; round <= MOST_ROUNDS; round += 1) {
      ({ traceHeader } = withLineage(traceHeader, arn('other')));
      const next = withLineage(traceHeader, arn('a'));
      ({ traceHeader } = next);
      rounds.push(next.rounds);
    }
    expect(rounds).toEqual(Array.from({ length: MOST_ROUNDS + 1 }, (_, round) => round));
  });

  test('stays short enough for a header, whatever the chain', () => {
    let traceHeader = root;
    for (let step = 0; step < 500; step += 1) {
      ({ traceHeader } = withLineage(traceHeader, arn(`f${step}`)));
    }
    expect(traceHeader.length).toBeLessThan(512);
  });

  test('of nonsense is begun anew', () => {
    expect(withLineage('Lineage=|;x', arn('a')).rounds).toBe(0);
  });
});

describe('the lineages of many', () => {
  test('are joined, each function with its most rounds', () => {
    const twice = withLineage(withLineage(root, arn('a')).traceHeader, arn('a')).traceHeader;
    const once = withLineage(withLineage(root, arn('a')).traceHeader, arn('b')).traceHeader;
    const joined = joinLineages('Root=1-0;Sampled=0', [once, twice, root]);
    expect(joined).toMatch(/^Root=1-0;Sampled=0;Lineage=/);
    expect(withLineage(joined, arn('a')).rounds).toBe(2);
    expect(withLineage(joined, arn('b')).rounds).toBe(1);
    expect(withLineage(joined, arn('c')).rounds).toBe(0);
  });

  test('that say nothing change nothing', () => {
    expect(joinLineages(root, ['Root=1-0', ''])).toBe(root);
  });
});
