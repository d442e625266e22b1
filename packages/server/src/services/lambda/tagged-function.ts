/** What a tag operation's ARN names: a function, a code signing configuration, a mapping. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import { configPermission } from './code-signing-configs.ts';
import { mappingPermission } from './event-sources/find-mapping.ts';
import { findFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, notFound } from './lambda-errors.ts';

const KINDS: Readonly<Record<string, string>> = {
  'event-source-mapping': 'Event source mapping',
  'capacity-provider': 'Capacity provider',
  'code-signing-config': 'Code signing config',
  layer: 'Layer',
};

type Tags = Readonly<Record<string, string>>;

export interface Tagged {
  readonly tags: Tags;
  /** False when it is no longer what it was. */
  store(tags: Tags): Promise<boolean>;
}

export function findTagged(room: LambdaRoom, arn: string, context: OperationContext): Tagged {
  const [, , , , , kind = '', , qualifier] = arn.split(':');
  const config = room.codeSigning.find(arn);
  if (config !== undefined) {
    const store = (tags: Tags): Promise<boolean> =>
      room.codeSigning.replace(config, { ...config, tags });
    return { tags: config.tags, store };
  }
  const mapping = room.mappings.find(arn);
  if (mapping !== undefined) {
    const store = (tags: Tags): Promise<boolean> =>
      room.mappings.replace(mapping, { ...mapping, tags });
    return { tags: mapping.tags, store };
  }
  const other = KINDS[kind];
  if (other !== undefined) throw notFound(`${other} not found: ${arn}`);
  if (qualifier !== undefined) {
    throw invalidParameter(
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    );
  }
  const { record } = findFunction(room.functions, { FunctionName: arn }, context);
  const store = (tags: Tags): Promise<boolean> =>
    room.functions.replace(record, { ...record, tags });
  return { tags: record.tags, store };
}

/** On the ARN as it was given where there is nothing to act on. */
export function taggedPermission(
  room: LambdaRoom,
  action: string,
  arn: string,
  context: OperationContext,
): Permission {
  const kind = arn.split(':')[5];
  if (kind === 'function') {
    return functionPermission(room.functions, action, { FunctionName: arn }, context);
  }
  return kind === 'event-source-mapping'
    ? mappingPermission(room, action, arn)
    : configPermission(room, action, { CodeSigningConfigArn: arn });
}

/** Stores other tags; neither state nor revision of a function changes. */
export async function storeTags(
  room: LambdaRoom,
  arn: string,
  context: OperationContext,
  change: (tags: Tags) => Tags,
): Promise<void> {
  for (;;) {
    const found = findTagged(room, arn, context);
    // False when it changed just now: the tags of what there is now get changed.
    if (await found.store(change(found.tags))) return;
  }
}
