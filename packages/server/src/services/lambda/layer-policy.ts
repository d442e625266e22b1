/** The three operations on the policy of a layer version: who else may use it. */
import type {
  AddLayerVersionPermissionRequest,
  AddLayerVersionPermissionResponse,
  GetLayerVersionPolicyRequest,
  GetLayerVersionPolicyResponse,
  RemoveLayerVersionPermissionRequest,
} from '@aws-sdk/client-lambda';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation, ResourcePolicy } from '../../core/operation.ts';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import { layerVersionArn, type LayerVersionRecord } from '../../functions/layer-record.ts';
import {
  findLayerVersion,
  layerVersionNotFound,
  layerVersionOf,
  layerVersionPermission,
} from './layer-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, notFound, policyTooLong, resourceConflict } from './lambda-errors.ts';
import { POLICY_BYTES } from './policy-target.ts';

/** AWS: what the first permission makes. */
const EMPTY: ResourcePolicy = { Version: '2012-10-17', Id: 'default', Statement: [] };

export function addLayerVersionPermission(
  room: LambdaRoom,
): Operation<AddLayerVersionPermissionRequest, AddLayerVersionPermissionResponse> {
  return {
    name: 'AddLayerVersionPermission',
    permissions: (input, context) => [
      layerVersionPermission(room, 'AddLayerVersionPermission', layerVersionOf(input, context)),
    ],
    handle: async (input, context) => {
      for (;;) {
        const layer = layerVersionOf(input, context);
        const record = findLayerVersion(room, layer, layerVersionNotFound);
        checkRevision(record, input.RevisionId);
        const { policy = EMPTY } = record;
        if (policy.Statement.some(({ Sid: sid }) => sid === input.StatementId)) {
          throw resourceConflict(
            `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          );
        }
        const statement = statementOf(input, record);
        const next = { ...policy, Statement: [...policy.Statement, statement] };
        const revisionId = await store(room, record, next);
        if (revisionId === undefined) continue;
        return { Statement: JSON.stringify(statement), RevisionId: revisionId };
      }
    },
  };
}

export function getLayerVersionPolicy(
  room: LambdaRoom,
): Operation<GetLayerVersionPolicyRequest, GetLayerVersionPolicyResponse> {
  return {
    name: 'GetLayerVersionPolicy',
    permissions: (input, context) => [
      layerVersionPermission(room, 'GetLayerVersionPolicy', layerVersionOf(input, context)),
    ],
    handle: async (input, context) => {
      const layer = layerVersionOf(input, context);
      const record = findLayerVersion(room, layer, layerVersionNotFound);
      const { policy, revisionId } = record;
      if (policy === undefined) throw noPolicy();
      return { Policy: JSON.stringify(policy), RevisionId: revisionId };
    },
  };
}

export function removeLayerVersionPermission(
  room: LambdaRoom,
): Operation<RemoveLayerVersionPermissionRequest> {
  return {
    name: 'RemoveLayerVersionPermission',
    permissions: (input, context) => [
      layerVersionPermission(room, 'RemoveLayerVersionPermission', layerVersionOf(input, context)),
    ],
    handle: async (input, context) => {
      for (;;) {
        const layer = layerVersionOf(input, context);
        const record = findLayerVersion(room, layer, layerVersionNotFound);
        checkRevision(record, input.RevisionId);
        const { policy } = record;
        if (policy === undefined) throw noPolicy();
        const left = policy.Statement.filter(({ Sid: sid }) => sid !== input.StatementId);
        if (left.length === policy.Statement.length) {
          throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
        }
        const next = left.length === 0 ? undefined : { ...policy, Statement: left };
        if ((await store(room, record, next)) !== undefined) return {};
      }
    },
  };
}

function statementOf(
  input: AddLayerVersionPermissionRequest,
  record: LayerVersionRecord,
): PolicyStatement {
  const { StatementId: sid = '', Action: action = '', OrganizationId: organization } = input;
  const principal = input.Principal ?? '';
  if (organization !== undefined && principal !== '*') {
    throw invalidParameter('OrganizationId can only be given together with the principal *.');
  }
  const statement = {
    Sid: sid,
    Effect: 'Allow' as const,
    Principal: principalOf(principal),
    Action: action,
    Resource: layerVersionArn(record),
  };
  return organization === undefined
    ? statement
    : { ...statement, Condition: { StringEquals: { 'aws:PrincipalOrgID': organization } } };
}

/** The API model has let nothing else pass. */
function principalOf(text: string): '*' | { readonly AWS: string } {
  if (text === '*') return text;
  return { AWS: /^\d{12}$/.test(text) ? `arn:aws:iam::${text}:root` : text };
}

function checkRevision(record: LayerVersionRecord, revisionId: string | undefined): void {
  if (!revisionId || revisionId === record.revisionId) return;
  throw new AwsError(
    'PreconditionFailedException',
    412,
    'The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id',
    { members: { Type: 'User' } },
  );
}

/** Undefined when the record changed meanwhile and nothing was stored; else the new revision. */
async function store(
  room: LambdaRoom,
  record: LayerVersionRecord,
  policy: ResourcePolicy | undefined,
): Promise<string | undefined> {
  const bytes = Buffer.byteLength(JSON.stringify(policy ?? {}));
  if (bytes > POLICY_BYTES) throw policyTooLong(bytes, POLICY_BYTES);
  const { policy: _, revisionId: __, ...rest } = record;
  const revisionId = room.ids.uuid();
  const next = policy === undefined ? rest : { ...rest, policy, revisionId };
  return (await room.layers.replace(record, next)) ? revisionId : undefined;
}

function noPolicy(): Error {
  return notFound('No policy is associated with the given resource.');
}
