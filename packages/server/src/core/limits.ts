/**
 * Lambda's fixed quotas, each named after the AWS quota that it mirrors; what an option changes is
 * in `adjustable-limits.ts`. Sizes in bytes unless named.
 */

/** Of a streamed response this much goes out as fast as it comes, the rest at the rate. */
export const STREAM_BURST_BYTES = 6_291_456;
export const STREAM_BYTES_PER_SECOND = 2_097_152;
/** What every other request may hold; AWS documents none, 1 MB is above every model constraint. */
export const REQUEST_BYTES = 1_048_576;
/** PutLogEvents: a batch of 1 MB, in JSON, where an escaped character takes six bytes. */
export const LOG_REQUEST_BYTES = 6_291_556;
/** SendMessage: 1 MB of message, in JSON or a form, where a character takes up to six bytes. */
export const MESSAGE_REQUEST_BYTES = 6_815_744;
/** PutTraceSegments: 50 documents, in JSON once more, where a quote takes two bytes. */
export const SEGMENT_REQUEST_BYTES = 6_553_600;
export const SEGMENT_DOCUMENT_BYTES = 65_536;
/** Of all documents of one trace. */
export const TRACE_BYTES = 512_000;
/** 30 days. */
export const TRACE_RETENTION_MS = 2_592_000_000;
/** X-Amz-Log-Result: the last bytes of the log, before base64. */
export const LOG_TAIL_BYTES = 4_096;
/** X-Amz-Client-Context, after base64. */
export const CLIENT_CONTEXT_BYTES = 3_583;

export const DEFAULT_TIMEOUT_SECONDS = 3;
export const DEFAULT_MEMORY_MIB = 128;
export const LEAST_MEMORY_MIB = 128;
export const DEFAULT_EPHEMERAL_MIB = 512;
/** A function gets one virtual CPU for each this much memory. */
export const MEMORY_MIB_PER_CPU = 1_769;
/** External and internal ones together. */
export const MAX_EXTENSIONS = 10;
/** Init of a provisioned one, unless the function's timeout is longer. */
export const PROVISIONED_INIT_TIMEOUT_MS = 130_000;
export const ACCOUNT_CONCURRENCY = 1_000;
/** One function gets so many more environments in `SCALING_SECONDS`. */
export const SCALING_ENVIRONMENTS = 1_000;
export const SCALING_SECONDS = 10;
/** Requests a second, for each unit of concurrency. */
export const REQUESTS_PER_CONCURRENCY = 10;
/** Environments of all tenants of one function, for each of the function's concurrency. */
export const TENANT_ENVIRONMENTS_PER_CONCURRENCY = 2.5;
/** A function that was idle for so long is Inactive: 14 days. */
export const INACTIVE_AFTER_MS = 1_209_600_000;
export const TAGS_PER_RESOURCE = 50;
export const FUNCTIONS_PER_PAGE = 50;
export const MAPPINGS_PER_PAGE = 100;
/** A container image, uncompressed, with all of its layers: 10 GB. */
export const IMAGE_BYTES = 10_737_418_240;
