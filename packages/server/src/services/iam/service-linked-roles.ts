/** Create and DeleteServiceLinkedRole, GetServiceLinkedRoleDeletionStatus. */
import type {
  CreateServiceLinkedRoleRequest,
  CreateServiceLinkedRoleResponse,
  DeleteServiceLinkedRoleRequest,
  DeleteServiceLinkedRoleResponse,
  GetServiceLinkedRoleDeletionStatusRequest,
  GetServiceLinkedRoleDeletionStatusResponse,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { roleArn, type Role } from '../../iam/role.ts';
import { uniqueId } from '../../iam/unique-id.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeRole } from './describe-role.ts';
import { invalidInput, noSuchEntity, noSuchRole } from './iam-errors.ts';
import { permissionOnRole } from './role-access.ts';
import { wholeSeconds } from './whole-seconds.ts';

/**
 * The role trusts its service and has no policy: what AWS's services do by theirs, nobody does
 * here.
 */
export function createServiceLinkedRole(
  deps: IamDeps,
): Operation<Validated<CreateServiceLinkedRoleRequest>, CreateServiceLinkedRoleResponse> {
  return {
    name: 'CreateServiceLinkedRole',
    permissions: ({ AWSServiceName: service, CustomSuffix: suffix }, { account }) => [
      {
        action: 'iam:CreateServiceLinkedRole',
        resources: [
          roleArn({ account, path: pathOf(service), name: nameOf(service, suffix) ?? '*' }),
        ],
        conditions: { 'iam:AWSServiceName': service },
      },
    ],
    async handle({ AWSServiceName: service, CustomSuffix: suffix, Description }, { account }) {
      const name = nameOf(service, suffix);
      if (name === undefined) {
        throw invalidInput(`Hearth knows no service-linked role of ${service}.`);
      }
      const role: Role = {
        account,
        name,
        id: uniqueId(deps.ids, 'AROA'),
        path: pathOf(service),
        trustPolicy: trustOf(service),
        ...(Description === undefined ? {} : { description: Description }),
        maxSessionSeconds: 3600,
        createdAtMs: wholeSeconds(deps.clock),
        tags: [],
        inlinePolicies: {},
        attachedPolicies: [],
        linkedService: service,
      };
      if (!(await deps.identities.roles.create(role))) {
        throw invalidInput(
          `Service role name ${name} has been taken in this account, please try a different suffix.`,
        );
      }
      return { Role: describeRole(deps, role) };
    },
  };
}

/** Nothing uses such a role here, so it is gone at once. */
export function deleteServiceLinkedRole(
  deps: IamDeps,
): Operation<Validated<DeleteServiceLinkedRoleRequest>, DeleteServiceLinkedRoleResponse> {
  return {
    name: 'DeleteServiceLinkedRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:DeleteServiceLinkedRole', input.RoleName),
    async handle({ RoleName: name }, { account }) {
      let path = '';
      const isDeleted = await deps.identities.roles.remove(account, name, (role) => {
        if (role.linkedService === undefined) throw noSuchRole(name);
        path = role.path;
      });
      if (!isDeleted) throw noSuchRole(name);
      return { DeletionTaskId: `task${path}${name}/${deps.ids.uuid()}` };
    },
  };
}

export function getServiceLinkedRoleDeletionStatus(
  deps: IamDeps,
): Operation<
  Validated<GetServiceLinkedRoleDeletionStatusRequest>,
  GetServiceLinkedRoleDeletionStatusResponse
> {
  return {
    name: 'GetServiceLinkedRoleDeletionStatus',
    permissions: ({ DeletionTaskId: task }, { account }) => [
      {
        action: 'iam:GetServiceLinkedRoleDeletionStatus',
        resources: [`arn:aws:iam::${account}:role/${task.split('/').slice(1, -1).join('/')}`],
      },
    ],
    async handle({ DeletionTaskId: task }, { account }) {
      const match = /^task\/aws-service-role\/[^/]+\/([^/]+)\/[0-9a-f-]{36}$/.exec(task);
      const name = match?.[1];
      if (name === undefined || deps.identities.roles.find(account, name) !== undefined) {
        throw noSuchEntity(`The deletion task ${task} cannot be found.`);
      }
      return { Status: 'SUCCEEDED' };
    },
  };
}

function pathOf(service: string): string {
  return `/aws-service-role/${service}/`;
}

function nameOf(service: string, suffix: string | undefined): string | undefined {
  const name = roleNames.get(service);
  return name === undefined || suffix === undefined ? name : `${name}_${suffix}`;
}

function trustOf(service: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
}

/** AWS names each; there is no rule. */
const roleNames: ReadonlyMap<string, string> = new Map([
  ['lambda.amazonaws.com', 'AWSServiceRoleForLambda'],
  ['replicator.lambda.amazonaws.com', 'AWSServiceRoleForLambdaReplicator'],
  ['autoscaling.amazonaws.com', 'AWSServiceRoleForAutoScaling'],
  ['ecs.amazonaws.com', 'AWSServiceRoleForECS'],
  ['elasticloadbalancing.amazonaws.com', 'AWSServiceRoleForElasticLoadBalancing'],
  ['ops.apigateway.amazonaws.com', 'AWSServiceRoleForAPIGateway'],
  ['rds.amazonaws.com', 'AWSServiceRoleForRDS'],
]);
