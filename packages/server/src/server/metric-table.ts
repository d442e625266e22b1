/** Everything that `GET /_hearth/metrics` tells, and what it means; the reference page is made of it. */
import type { MetricDescription } from '../observe/prometheus/metric.ts';

export const metricTable = {
  hearth_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels say what runs.',
    labels: ['version', 'isolation'],
  },
  hearth_invocations_total: {
    type: 'counter',
    help: 'Invocations that have ended, by their outcome: succeeded, function-error, timed-out or crashed. A cold one waited for an init, or was the first of an environment that was started on demand.',
    labels: ['outcome', 'start'],
  },
  hearth_invocation_duration_seconds: {
    type: 'histogram',
    help: 'How long these invocations took, from their admission to their answer, with the wait for an environment.',
    labels: ['start'],
  },
  hearth_invocations_running: {
    type: 'gauge',
    help: 'Invocations that are under way, or wait for an environment.',
    labels: [],
  },
  hearth_throttles_total: {
    type: 'counter',
    help: 'Invocations that were refused with 429, by the reason that the caller was told.',
    labels: ['reason'],
  },
  hearth_platform_faults_total: {
    type: 'counter',
    help: 'Invocations that failed through no fault of their function.',
    labels: [],
  },
  hearth_environments: {
    type: 'gauge',
    help: 'Execution environments by their state: starting, idle, frozen or busy.',
    labels: ['state'],
  },
  hearth_pool_sandboxes: {
    type: 'gauge',
    help: 'What waits for functions: booted runtimes by their name, and parked sandboxes; ready, or starting.',
    labels: ['pool', 'state'],
  },
  hearth_pool_wanted: {
    type: 'gauge',
    help: 'How many of them there should be, by the demand of late and the memory that is free.',
    labels: ['pool'],
  },
  hearth_pool_takes_total: {
    type: 'counter',
    help: 'Environments that asked for one of them: those that got it (taken), and those that started without (missed).',
    labels: ['pool', 'result'],
  },
  hearth_log_lines_dropped_total: {
    type: 'counter',
    help: 'Log lines of functions that could not be delivered.',
    labels: [],
  },
  hearth_segments_dropped_total: {
    type: 'counter',
    help: 'Segments of traced invocations that X-Ray did not get: the role may not write them, or there were too many.',
    labels: [],
  },
  hearth_async_events: {
    type: 'gauge',
    help: 'Asynchronous events that are accepted and not done: waiting, delayed (for their next try) or running.',
    labels: ['state'],
  },
  hearth_async_oldest_event_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest asynchronous event that does not run now; 0 where there is none.',
    labels: [],
  },
  hearth_destination_failures_total: {
    type: 'counter',
    help: 'Tries to tell a destination (destination) or a dead-letter queue (dead-letter) of the end of an asynchronous invocation that failed.',
    labels: ['kind'],
  },
  hearth_event_source_mappings: {
    type: 'gauge',
    help: 'Event source mappings by the state that the API shows.',
    labels: ['state'],
  },
  hearth_event_source_mappings_troubled: {
    type: 'gauge',
    help: 'Those of them that are enabled and cannot read their source; health tells which, and why.',
    labels: [],
  },
  hearth_store_writes_total: {
    type: 'counter',
    help: 'Writes to a store, of what is administered (main) or of what waits (queue).',
    labels: ['store'],
  },
  hearth_store_commits_total: {
    type: 'counter',
    help: 'Groups of these writes, each made durable with one fdatasync.',
    labels: ['store'],
  },
  hearth_damaged_records: {
    type: 'gauge',
    help: 'Stored records that failed their checksum: kept aside, never served.',
    labels: ['kind'],
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: "Memory of the server's own process; functions run in others.",
    labels: [],
  },
  process_cpu_seconds_total: {
    type: 'counter',
    help: "CPU time of the server's own process, with its threads.",
    labels: [],
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
    labels: [],
  },
} as const satisfies Record<string, MetricDescription>;

export type MetricName = keyof typeof metricTable;
