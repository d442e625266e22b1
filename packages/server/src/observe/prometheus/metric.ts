/** What is measured, as Prometheus calls it. */
import type { HistogramCounts } from '../../lib/histogram.ts';

export interface MetricDescription {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence, with the unit where the name does not say it. */
  readonly help: string;
  readonly labels: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** The value of one combination of labels. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number | HistogramCounts;
}
