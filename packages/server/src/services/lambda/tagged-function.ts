/** The function that a tag operation's ARN names, and the refusals for every other ARN. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { findFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, notFound } from './lambda-errors.ts';

const KINDS: Readonly<Record<string, string>> = {
  'event-source-mapping': 'Event source mapping',
  'capacity-provider': 'Capacity provider',
  'code-signing-config': 'Code signing config',
  layer: 'Layer',
};

export function findTagged(
  room: LambdaRoom,
  arn: string,
  context: OperationContext,
): FunctionRecord {
  const [, , , , , kind = '', , qualifier] = arn.split(':');
  const other = KINDS[kind];
  // None of the others can be created here yet, so none can be found.
  if (other !== undefined) throw notFound(`${other} not found: ${arn}`);
  if (qualifier !== undefined) {
    throw invalidParameter(
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    );
  }
  return findFunction(room.functions, { FunctionName: arn }, context).record;
}

/** On the ARN as it was given where it is not a function's: then there is nothing to act on. */
export function taggedPermission(
  room: LambdaRoom,
  action: string,
  arn: string,
  context: OperationContext,
): Permission {
  return arn.split(':')[5] === 'function'
    ? functionPermission(room.functions, action, { FunctionName: arn }, context)
    : { action: `lambda:${action}`, resources: [arn] };
}

/** Stores other tags; neither state nor revision of the function changes. */
export async function storeTags(
  room: LambdaRoom,
  arn: string,
  context: OperationContext,
  change: (tags: FunctionRecord['tags']) => FunctionRecord['tags'],
): Promise<void> {
  for (;;) {
    const record = findTagged(room, arn, context);
    // False when it changed just now: the tags of what there is now get changed.
    if (await room.functions.replace(record, { ...record, tags: change(record.tags) })) return;
  }
}
