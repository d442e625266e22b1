/** An operation on one repository: its permission is named like it, its handler gets the repository. */
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { Repository } from '../../registry/repository.ts';
import type { EcrRoom } from './ecr-deps.ts';
import {
  findRepository,
  keyOf,
  repositoryPermission,
  type NamesRepository,
} from './find-repository.ts';

export function repositoryOperation<Input extends NamesRepository, Output extends object>(
  room: EcrRoom,
  name: string,
  handle: (repository: Repository, input: Input, context: OperationContext) => Promise<Output>,
): Operation<Input, Output> {
  return {
    name,
    permissions: (input, context) => [
      repositoryPermission(room.registry, name, keyOf(input, context)),
    ],
    handle: async (input, context) =>
      await handle(findRepository(room, input, context), input, context),
  };
}
