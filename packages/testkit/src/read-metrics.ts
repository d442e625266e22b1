/**
 * Reads the text that Prometheus scrapes as strictly as its format and its conventions are written:
 * throws for whatever a scraper might be lenient about, with the line.
 */
export interface ReadMetric {
  readonly type: string;
  readonly help: string;
  /** By the sorted labels, `{a="1",b="2"}`; of histograms with the suffix of the series before. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\S+)$`);
const NUMBER = /^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

export function readMetrics(text: string): ReadonlyMap<string, ReadMetric> {
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  const metrics = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  const lines = text.slice(0, -1).split('\n');
  for (let at = 0; at < lines.length;) {
    const [, name = '', help = ''] = /^# HELP (\S+) (\S.*)$/.exec(lines[at] ?? '') ?? [];
    const [, typed, type = ''] =
      /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[at + 1] ?? '') ?? [];
    if (name === '' || typed !== name) throw new Error(`No HELP and TYPE: ${lines[at]}`);
    if (metrics.has(name)) throw new Error(`${name} is described twice.`);
    if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is no ${type}.`);
    const samples = new Map<string, number>();
    for (at += 2; at < lines.length && !lines[at]?.startsWith('#'); at += 1) {
      const [key, value] = readSample(lines[at] ?? '', name, type);
      if (samples.has(key)) throw new Error(`It is there twice: ${lines[at]}`);
      samples.set(key, value);
    }
    if (type === 'histogram') checkHistograms(name, samples);
    metrics.set(name, { type, help, samples });
  }
  return metrics;
}

function readSample(line: string, name: string, type: string): readonly [string, number] {
  const [, series = '', labels = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (!NUMBER.test(number)) throw new Error(`No sample: ${line}`);
  const value = Number(number.replace('Inf', 'Infinity'));
  if (type === 'counter' && !(value >= 0)) throw new Error(`A counter below zero: ${line}`);
  const suffix = series.slice(name.length);
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!series.startsWith(name) || !suffixes.includes(suffix)) throw new Error(`Misplaced: ${line}`);
  return [`${suffix}${sorted(labels)}`, value];
}

function sorted(labels: string): string {
  const pairs = labels.match(new RegExp(LABEL, 'g')) ?? [];
  const names = pairs.map((pair) => pair.slice(0, pair.indexOf('=')));
  if (new Set(names).size !== names.length) throw new Error(`A label twice: ${labels}`);
  return pairs.length === 0 ? '' : `{${pairs.toSorted().join(',')}}`;
}

/** Buckets grow in order and end with +Inf, which is the count. */
function checkHistograms(name: string, samples: ReadonlyMap<string, number>): void {
  const last = new Map<string, { le: number; value: number }>();
  for (const [key, value] of samples) {
    const le = /[{,]le="([^"]*)"/.exec(key)?.[1];
    if (le === undefined) continue;
    const labels = key
      .replace(/^_bucket/, '')
      .replace(/,?le="[^"]*"/, '')
      .replace('{,', '{');
    const series = labels === '{}' ? '' : labels;
    const bound = Number(le.replace('Inf', 'Infinity'));
    const before = last.get(series);
    if (before !== undefined && !(before.le < bound && before.value <= value)) {
      throw new Error(`${name}: buckets do not grow at ${key}`);
    }
    last.set(series, { le: bound, value });
  }
  const counts = [...samples].filter(([key]) => key.startsWith('_count'));
  for (const [key, count] of counts) {
    const series = key.slice('_count'.length);
    const { le, value } = last.get(series) ?? { le: 0, value: -1 };
    if (le !== Number.POSITIVE_INFINITY || value !== count || !samples.has(`_sum${series}`)) {
      throw new Error(`${name}: no whole histogram for ${series}`);
    }
  }
  if (counts.length !== last.size) throw new Error(`${name}: buckets without a count`);
}
