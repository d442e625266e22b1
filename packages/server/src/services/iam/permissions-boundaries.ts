/** Put and Delete...PermissionsBoundary of users and roles. */
import type { AttachedPermissionsBoundary } from '@aws-sdk/client-iam';
import type { AnyOperation, Operation } from '../../core/operation.ts';
import type { ActingEntity } from '../../iam/entity.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { IamDeps } from './deps.ts';
import { permissionOn, updateEntity } from './entity-access.ts';
import type { ActingKind, NamingInput } from './entity-kind.ts';
import { attachablePolicy } from './policy-access.ts';

export function boundaryOperations<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): readonly AnyOperation[] {
  return [put(kind, deps), remove(kind, deps)];
}

function put<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): Operation<NamingInput & { readonly PermissionsBoundary: string }> {
  const name = `Put${kind.word}PermissionsBoundary`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input), {
        'iam:PermissionsBoundary': input.PermissionsBoundary,
      }),
    async handle(input, { account }) {
      const { PermissionsBoundary: permissionsBoundary } = input;
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => {
        attachablePolicy(deps, account, permissionsBoundary);
        return { ...entity, permissionsBoundary };
      });
      return {};
    },
  };
}

function remove<Of extends ActingEntity>(
  kind: ActingKind<Of>,
  deps: IamDeps,
): Operation<NamingInput> {
  const name = `Delete${kind.word}PermissionsBoundary`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => {
        const { permissionsBoundary: _, ...rest } = entity;
        return rest as Of;
      });
      return {};
    },
  };
}

/** Of a request that creates a user or a role. */
interface BoundaryInput {
  readonly PermissionsBoundary?: string | undefined;
}

export function requestBoundaryKey({ PermissionsBoundary }: BoundaryInput): OperationKeys {
  return PermissionsBoundary === undefined
    ? {}
    : { 'iam:PermissionsBoundary': PermissionsBoundary };
}

export function readBoundary({ PermissionsBoundary }: BoundaryInput): {
  readonly permissionsBoundary?: string;
} {
  return PermissionsBoundary === undefined ? {} : { permissionsBoundary: PermissionsBoundary };
}

/** Throws for a policy that does not exist; called where nobody can delete it meanwhile. */
export function checkBoundary(deps: IamDeps, account: string, input: BoundaryInput): void {
  if (input.PermissionsBoundary === undefined) return;
  attachablePolicy(deps, account, input.PermissionsBoundary);
}

/** As a part of a user or a role. */
export function describeBoundary({ permissionsBoundary }: ActingEntity): {
  PermissionsBoundary?: AttachedPermissionsBoundary;
} {
  if (permissionsBoundary === undefined) return {};
  return {
    PermissionsBoundary: {
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: permissionsBoundary,
    },
  };
}
