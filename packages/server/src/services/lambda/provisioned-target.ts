/** What provisioned concurrency is asked for: a version or an alias, and which version it means. */
import type { ProvisionedConcurrencyConfigListItem } from '@aws-sdk/client-lambda';
import { functionArn, type FunctionVersion } from '../../core/function-version.ts';
import type { OperationContext } from '../../core/operation.ts';
import {
  provisionedByVersion,
  provisionedStatus,
  type ProvisionedRequest,
} from '../../core/provisioned.ts';
import {
  servedPublished,
  type AliasRecord,
  type FunctionRecord,
  type PublishedVersion,
} from '../../functions/function-record.ts';
import {
  addressOf,
  findQualified,
  type FoundFunction,
  type FunctionRequest,
} from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { functionNotFound, invalidParameter, notFound, resourceConflict } from './lambda-errors.ts';

export const UNPUBLISHED =
  'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';

export interface ProvisionedTarget extends Pick<FoundFunction, 'record' | 'alias' | 'published'> {
  readonly qualifier: string;
  /** What is asked for already. */
  readonly request: ProvisionedRequest | undefined;
}

/** `unpublished` is the refusal of `$LATEST`; AWS refuses it before it looks for the function. */
export function findProvisionedTarget(
  room: Pick<LambdaRoom, 'functions'>,
  input: FunctionRequest,
  context: OperationContext,
  unpublished = 'The function resource provided must be an alias or a published version.',
): ProvisionedTarget {
  const address = addressOf(room.functions, input, context);
  const { qualifier } = address;
  if (qualifier === undefined || qualifier === '$LATEST') throw invalidParameter(unpublished);
  const record = room.functions.find(address);
  const found = record === undefined ? undefined : findQualified(record, qualifier);
  if (record === undefined || found === undefined) {
    throw /^\d+$/.test(qualifier)
      ? functionNotFound(address, qualifier)
      : notFound(`Cannot find alias arn: ${functionArn(address, qualifier)}`);
  }
  const request = record.provisioned?.find((each) => each.qualifier === qualifier);
  return { record, ...found, qualifier, request };
}

/** In the order of the qualifiers, which is also that in which aliases of one version are served. */
export function withProvisioned(
  record: FunctionRecord,
  qualifier: string,
  request: ProvisionedRequest | undefined,
): FunctionRecord {
  const { provisioned = [], ...rest } = record;
  const others = provisioned.filter((each) => each.qualifier !== qualifier);
  const all = request === undefined ? others : [...others, request];
  if (all.length === 0) return rest;
  return { ...rest, provisioned: all.sort((a, b) => (a.qualifier < b.qualifier ? -1 : 1)) };
}

/**
 * Tells the invoke room what is wanted now, of each version that has something or had it in
 * `before`. What is stored decides, not what one of several changes at once has made.
 */
export function applyProvisioned(
  { invoker, functions }: Pick<LambdaRoom, 'invoker' | 'functions'>,
  before: FunctionRecord,
): void {
  const record = functions.find(before);
  // A deleted function takes its environments with it.
  if (record === undefined) return;
  const wanted = wantedOf(record);
  for (const number of new Set([...wanted.keys(), ...wantedOf(before).keys()])) {
    const version = servedOf(record, number);
    if (version !== undefined) invoker.provision(version, wanted.get(number) ?? 0);
  }
}

/** An alias that moves takes what is provisioned along, to where it may be. */
export function checkProvisioned(record: FunctionRecord, { name, version }: AliasRecord): void {
  if (!record.provisioned?.some(({ qualifier }) => qualifier === name)) return;
  if (version === '$LATEST') throw invalidParameter(UNPUBLISHED);
  if (record.provisioned.some(({ qualifier }) => qualifier === version)) {
    throw versionIsProvisioned();
  }
}

export function versionIsProvisioned(): Error {
  return resourceConflict(
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  );
}

export function showProvisioned(
  { invoker }: Pick<LambdaRoom, 'invoker'>,
  record: FunctionRecord,
  { qualifier, requested, lastModifiedMs }: ProvisionedRequest,
): ProvisionedConcurrencyConfigListItem {
  const number = versionOf(record, qualifier);
  const version = servedOf(record, number);
  const capacity = version === undefined ? { allocated: 0 } : invoker.provisioned(version);
  const earlier = (record.provisioned ?? []).filter(
    (each) => each.qualifier < qualifier && versionOf(record, each.qualifier) === number,
  );
  const before = earlier.reduce((sum, each) => sum + each.requested, 0);
  const { status, allocated, reason } = provisionedStatus(requested, before, capacity);
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: allocated,
    AllocatedProvisionedConcurrentExecutions: allocated,
    Status: status,
    ...(reason === undefined ? {} : { StatusReason: reason }),
    LastModified: provisionedDate(lastModifiedMs),
  };
}

/** AWS: `2026-11-25T12:00:00+0000`, to the second. */
export function provisionedDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000');
}

export function versionOf(record: FunctionRecord, qualifier: string): string {
  return record.aliases?.find(({ name }) => name === qualifier)?.version ?? qualifier;
}

function wantedOf(record: FunctionRecord): ReadonlyMap<string, number> {
  return provisionedByVersion(record.provisioned, (each) => versionOf(record, each));
}

function servedOf(record: FunctionRecord, number: string): FunctionVersion | undefined {
  const published: PublishedVersion | undefined = record.versions?.find(
    ({ version }) => version === number,
  );
  return published === undefined ? undefined : servedPublished(record, published);
}
