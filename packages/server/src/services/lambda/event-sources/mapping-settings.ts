/** From what a request asks of a mapping to its settings: AWS's rules, defaults and refusals. */
import type {
  CreateEventSourceMappingRequest,
  UpdateEventSourceMappingRequest,
} from '@aws-sdk/client-lambda';
import { InvalidEventPattern } from '../../../core/event-pattern/invalid-event-pattern.ts';
import type { EventSourceMappingRecord } from '../../../functions/event-source-mappings.ts';
import { createRecordFilter } from '../../../sources/record-filter.ts';
import { cannotYet, invalidParameter } from '../lambda-errors.ts';
import { isFifo } from './source-arn.ts';

export type AskedMapping = Omit<CreateEventSourceMappingRequest, 'FunctionName'> &
  Pick<UpdateEventSourceMappingRequest, 'FunctionName'>;

export type MappingSettings = Pick<
  EventSourceMappingRecord,
  | 'wanted'
  | 'batchSize'
  | 'windowSeconds'
  | 'maximumConcurrency'
  | 'filters'
  | 'reportsItemFailures'
>;

/** AWS: of a queue. */
export const DEFAULT_MAPPING: MappingSettings = {
  wanted: 'enabled',
  batchSize: 10,
  windowSeconds: 0,
  filters: [],
  reportsItemFailures: false,
};

/** Without a window, and of a FIFO queue always. */
const MOST_AT_ONCE = 10;
/** AWS: more of them on request. */
const MOST_FILTERS = 5;
const MOST_PATTERN_LENGTH = 4_096;

/** Over what `base` has. */
export function configureMapping(
  base: MappingSettings,
  asked: AskedMapping,
  queueArn: string,
): MappingSettings {
  refuseOthers(asked);
  const batchSize = asked.BatchSize ?? base.batchSize;
  const windowSeconds = asked.MaximumBatchingWindowInSeconds ?? base.windowSeconds;
  checkBatch(batchSize, windowSeconds, queueArn);
  const { maximumConcurrency, ...settings } = {
    wanted: asked.Enabled === undefined ? base.wanted : wantedOf(asked.Enabled),
    batchSize,
    windowSeconds,
    filters: asked.FilterCriteria === undefined ? base.filters : checkedFilters(asked),
    reportsItemFailures:
      asked.FunctionResponseTypes === undefined
        ? base.reportsItemFailures
        : asked.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    // AWS: an empty one takes the limit away.
    maximumConcurrency:
      asked.ScalingConfig === undefined
        ? base.maximumConcurrency
        : asked.ScalingConfig.MaximumConcurrency,
  };
  return { ...settings, ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }) };
}

function wantedOf(isEnabled: boolean): 'enabled' | 'disabled' {
  return isEnabled ? 'enabled' : 'disabled';
}

function checkBatch(batchSize: number, windowSeconds: number, queueArn: string): void {
  if (isFifo(queueArn)) {
    if (windowSeconds > 0)
      throw invalidParameter('Batching window is not supported for FIFO queues');
    // AWS documents the limit; the words are ours.
    if (batchSize > MOST_AT_ONCE) {
      throw invalidParameter(`Batch size must not be greater than ${MOST_AT_ONCE} for FIFO queues`);
    }
  } else if (batchSize > MOST_AT_ONCE && windowSeconds === 0) {
    throw invalidParameter(
      `Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than ${MOST_AT_ONCE}`,
    );
  }
}

function checkedFilters({ FilterCriteria: criteria }: AskedMapping): readonly string[] {
  const patterns = (criteria?.Filters ?? []).map(({ Pattern: pattern = '' }) => pattern);
  // AWS documents both limits; the words are ours.
  if (patterns.length > MOST_FILTERS) {
    throw invalidParameter(`FilterCriteria can have up to ${MOST_FILTERS} filters.`);
  }
  if (patterns.some((pattern) => pattern.length > MOST_PATTERN_LENGTH)) {
    throw invalidParameter(`A filter pattern can have up to ${MOST_PATTERN_LENGTH} characters.`);
  }
  try {
    createRecordFilter(patterns);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw invalidParameter('Invalid filter pattern definition.', error);
  }
  return patterns;
}

/** What only streams and brokers have. */
const ofOtherSources = [
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'ParallelizationFactor',
  'Queues',
  'SourceAccessConfigurations',
  'Topics',
  'TumblingWindowInSeconds',
  'AmazonManagedKafkaEventSourceConfig',
  'DocumentDBEventSourceConfig',
  'SelfManagedKafkaEventSourceConfig',
] as const satisfies readonly (keyof AskedMapping)[];

const notYet = [
  ['KMSKeyArn', 'customer managed keys (KMSKeyArn)'],
  ['LoggingConfig', 'logs of event source mappings (LoggingConfig)'],
  ['MetricsConfig', 'metrics of event source mappings (MetricsConfig)'],
  ['ProvisionedPollerConfig', 'provisioned pollers (ProvisionedPollerConfig)'],
] as const satisfies readonly (readonly [keyof AskedMapping, string])[];

/** For the reference page. */
export const settingsRefused: readonly string[] = notYet.map(([, what]) => what);

function refuseOthers(asked: AskedMapping): void {
  const foreign = ofOtherSources.find((name) => isAsked(asked[name]));
  if (foreign !== undefined) {
    throw invalidParameter(`Unsupported ${foreign} parameter for given event source mapping type.`);
  }
  const later = notYet.find(([name]) => isAsked(asked[name]));
  if (later !== undefined) throw cannotYet(later[1]);
}

/** What is empty asks for nothing: infrastructure tools send it. */
function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.values(value).some(isAsked);
}
