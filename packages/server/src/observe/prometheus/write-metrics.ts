/**
 * The text that Prometheus and its kin scrape (exposition format 0.0.4,
 * https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
import type { HistogramCounts } from '../../lib/histogram.ts';
import type { Labels, MetricDescription, Sample } from './metric.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A metric without samples is described all the same, so that it can be found. */
export function writeMetrics<Name extends string>(
  table: Readonly<Record<Name, MetricDescription>>,
  samples: Readonly<Record<Name, readonly Sample[]>>,
): string {
  const lines = Object.entries<MetricDescription>(table).flatMap(([name, { type, help }]) => [
    `# HELP ${name} ${escapeHelp(help)}`,
    `# TYPE ${name} ${type}`,
    ...samples[name as Name].flatMap((sample) => linesOf(name, sample)),
  ]);
  return `${lines.join('\n')}\n`;
}

function linesOf(name: string, { labels = {}, value }: Sample): readonly string[] {
  return typeof value === 'number'
    ? [line(name, labels, value)]
    : histogramLines(name, labels, value);
}

function histogramLines(
  name: string,
  labels: Labels,
  { bounds, atMost, count, sum }: HistogramCounts,
): readonly string[] {
  const bucket = (le: number, value: number): string =>
    line(`${name}_bucket`, { ...labels, le: numberText(le) }, value);
  return [
    ...bounds.map((bound, at) => bucket(bound, atMost[at] ?? 0)),
    bucket(Number.POSITIVE_INFINITY, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
