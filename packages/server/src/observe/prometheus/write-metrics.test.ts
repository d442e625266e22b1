import { expect, test } from 'vitest';
import { readMetrics } from '../../../../testkit/src/read-metrics.ts';
import { Histogram } from '../../lib/histogram.ts';
import { writeMetrics } from './write-metrics.ts';

test('what is written is read back by whoever is strict, with every character that labels may have', () => {
  const histogram = new Histogram([0.5, 1]);
  for (const value of [0.1, 0.7, 3]) histogram.add(value);
  const text = writeMetrics(
    {
      seen_total: { type: 'counter', help: 'What was seen.\nTwice: \\', labels: ['by'] },
      took_seconds: { type: 'histogram', help: 'How long.', labels: ['start'] },
      empty: { type: 'gauge', help: 'Nothing yet.', labels: [] },
    },
    {
      seen_total: [
        { labels: { by: 'a "b"\\\nc{}, é' }, value: 1e21 },
        { labels: { by: 'other' }, value: 0 },
      ],
      took_seconds: [{ labels: { start: 'cold' }, value: histogram.counts }],
      empty: [],
    },
  );
  expect(text).toBe(`# HELP seen_total What was seen.\\nTwice: \\\\
# TYPE seen_total counter
seen_total{by="a \\"b\\"\\\\\\nc{}, é"} 1e+21
seen_total{by="other"} 0
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{start="cold",le="0.5"} 1
took_seconds_bucket{start="cold",le="1"} 2
took_seconds_bucket{start="cold",le="+Inf"} 3
took_seconds_sum{start="cold"} 3.8
took_seconds_count{start="cold"} 3
# HELP empty Nothing yet.
# TYPE empty gauge
`);
  expect([...readMetrics(text).keys()]).toEqual(['seen_total', 'took_seconds', 'empty']);
});

test.each([
  ['no line at the end', '# HELP a b\n# TYPE a gauge\na 1'],
  ['no TYPE', '# HELP a b\na 1\n'],
  ['another name', '# HELP a b\n# TYPE a gauge\nb 1\n'],
  ['a name that ends as no counter', '# HELP a b\n# TYPE a counter\na 1\n'],
  ['a counter below zero', '# HELP a_total b\n# TYPE a_total counter\na_total -1\n'],
  ['a series twice', '# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n'],
  ['a label twice', '# HELP a b\n# TYPE a gauge\na{x="1",x="2"} 1\n'],
  ['no number', '# HELP a b\n# TYPE a gauge\na one\n'],
  ['a bare quote', '# HELP a b\n# TYPE a gauge\na{x="""} 1\n'],
  ['an empty line', '# HELP a b\n# TYPE a gauge\n\na 1\n'],
  [
    'buckets that shrink',
    '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
  [
    'a histogram without its end',
    '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n',
  ],
])('the reader refuses %s', (_, text) => {
  expect(() => readMetrics(text)).toThrow();
});
