/** The reference page of the metrics, from the table that they are written by. */
import type { MetricDescription } from '../observe/prometheus/metric.ts';
import { metricTable } from './metric-table.ts';

/** The page, in Markdown. */
export function metricsReference(): string {
  const rows = Object.entries<MetricDescription>(metricTable).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return `# Metrics

\`GET /_hearth/metrics\` answers in the text format of Prometheus. As \`/_hearth/health\` it needs no key, is there for whoever
reaches the server's own listener, and not for functions. Numbers count from the server's start, in memory, and are put together
when they are asked for; an invocation pays about a microsecond for them.

    scrape_configs:
      - job_name: hearth
        metrics_path: /_hearth/metrics
        static_configs: [{ targets: ['127.0.0.1:4566'] }]

This page is written from \`packages/server/src/server/metric-table.ts\` by \`node scripts/write-reference.ts\`.

| name | type | labels | what |
|---|---|---|---|
${rows.join('\n')}
`;
}
