/** Lambda's quotas, each named after the AWS quota that it mirrors. Sizes in bytes unless named. */

/** Synchronous request payload and response: 6 MB plus AWS's 100-byte allowance [RIE]. */
export const SYNC_PAYLOAD_BYTES = 6_291_556;
/** A streamed response: 200 MB since August 2025. */
export const STREAMED_RESPONSE_BYTES = 209_715_200;
/** Of it this much goes out as fast as it comes, the rest at the rate. */
export const STREAM_BURST_BYTES = 6_291_456;
export const STREAM_BYTES_PER_SECOND = 2_097_152;
/** CreateFunction, UpdateFunctionCode and PublishLayerVersion: the whole request. */
export const CODE_REQUEST_BYTES = 70_167_211;
export const ZIPPED_CODE_BYTES = 52_428_800;
export const UNZIPPED_CODE_BYTES = 262_144_000;
/** What every other request may hold; AWS documents none, 1 MB is above every model constraint. */
export const REQUEST_BYTES = 1_048_576;
/** PutLogEvents: a batch of 1 MB, in JSON, where an escaped character takes six bytes. */
export const LOG_REQUEST_BYTES = 6_291_556;
/** SendMessage: 1 MB of message, in JSON or a form, where a character takes up to six bytes. */
export const MESSAGE_REQUEST_BYTES = 6_815_744;
/** JSON of all environment variables. */
export const ENVIRONMENT_BYTES = 4_096;
/** X-Amz-Log-Result: the last bytes of the log, before base64. */
export const LOG_TAIL_BYTES = 4_096;
/** X-Amz-Client-Context, after base64. */
export const CLIENT_CONTEXT_BYTES = 3_583;

export const DEFAULT_TIMEOUT_SECONDS = 3;
export const MAX_TIMEOUT_SECONDS = 900;
export const DEFAULT_MEMORY_MIB = 128;
export const LEAST_MEMORY_MIB = 128;
export const MAX_MEMORY_MIB = 10_240;
export const DEFAULT_EPHEMERAL_MIB = 512;
/** A function gets one virtual CPU for each this much memory. */
export const MEMORY_MIB_PER_CPU = 1_769;
export const SANDBOX_PROCESSES = 1_024;
export const SANDBOX_FILE_DESCRIPTORS = 1_024;
/** External and internal ones together. */
export const MAX_EXTENSIONS = 10;
/** Init of an on-demand environment. */
export const INIT_TIMEOUT_MS = 10_000;
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
/** What reserved concurrency must leave to the functions that have none. */
export const MIN_UNRESERVED_CONCURRENCY = 100;
export const LAYERS_PER_FUNCTION = 5;
/** A function that was idle for so long is Inactive: 14 days. */
export const INACTIVE_AFTER_MS = 1_209_600_000;
export const TAGS_PER_RESOURCE = 50;
export const FUNCTIONS_PER_PAGE = 50;
export const MAPPINGS_PER_PAGE = 100;
