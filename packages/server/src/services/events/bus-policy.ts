/** Who may put events on a bus: PutPermission and RemovePermission. */
import type { PutPermissionRequest, RemovePermissionRequest } from '@aws-sdk/client-eventbridge';
import { AwsError, validationException } from '../../core/aws-error.ts';
import type { Operation, ResourcePolicy } from '../../core/operation.ts';
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import type { Validated } from '../validated.ts';
import { busArn, busOrNew, type BusRecord } from './bus-record.ts';
import type { EventsRoom } from './events-deps.ts';
import { cannotYet, statementNotFound } from './events-errors.ts';
import { busKey, busPermission, ownBus } from './find-bus.ts';

/** AWS: of a policy as JSON. */
const POLICY_BYTES = 10_240;

type PutInput = Validated<PutPermissionRequest>;

export function putPermission(room: EventsRoom): Operation<PutInput> {
  return {
    name: 'PutPermission',
    permissions: ({ EventBusName: bus }, context) => [
      busPermission(room, 'PutPermission', busKey(bus, context)),
    ],
    handle: async (input, context) => {
      const key = ownBus(room, input.EventBusName, context);
      await room.buses.change(key, (record) => {
        const bus = busOrNew(record, key, room.clock.nowMs());
        const policy =
          input.Policy === undefined ? withStatement(bus, input) : parsePolicy(input.Policy);
        if (Buffer.byteLength(JSON.stringify(policy)) > POLICY_BYTES) throw tooLong();
        return { ...bus, policy };
      });
      return {};
    },
  };
}

export function removePermission(room: EventsRoom): Operation<Validated<RemovePermissionRequest>> {
  return {
    name: 'RemovePermission',
    permissions: ({ EventBusName: bus }, context) => [
      busPermission(room, 'RemovePermission', busKey(bus, context)),
    ],
    handle: async (input, context) => {
      const key = ownBus(room, input.EventBusName, context);
      await room.buses.change(key, (record) => {
        const { policy, ...bus } = busOrNew(record, key, room.clock.nowMs());
        if (input.RemoveAllPermissions === true && input.StatementId === undefined) return bus;
        const statements = policy?.Statement ?? [];
        const rest = statements.filter(({ Sid: sid }) => sid !== input.StatementId);
        if (policy === undefined || rest.length === statements.length) throw statementNotFound();
        return rest.length === 0 ? bus : { ...bus, policy: { ...policy, Statement: rest } };
      });
      return {};
    },
  };
}

/** AWS: a statement with an id that is there takes its place. */
function withStatement(bus: BusRecord, input: PutInput): ResourcePolicy {
  const { StatementId: sid, Principal: principal, Action: action } = input;
  if (sid === undefined || principal === undefined || action === undefined) {
    throw validationException('Parameter(s) Action, Principal and StatementId must be specified.');
  }
  if (input.Condition !== undefined) throw cannotYet('organisations (Condition)');
  const statement: PolicyStatement = {
    Sid: sid,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: `arn:aws:iam::${principal}:root` },
    Action: action,
    Resource: busArn(bus),
  };
  const others = (bus.policy?.Statement ?? []).filter(({ Sid: other }) => other !== sid);
  return { Version: '2012-10-17', ...bus.policy, Statement: [...others, statement] };
}

function parsePolicy(text: string): ResourcePolicy {
  try {
    const { Version: version = '2012-10-17', ...rest } = parsePolicyDocument(text, 'resource');
    return { ...rest, Version: version };
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw validationException(`Parameter Policy is not valid. Reason: ${error.message}`);
  }
}

function tooLong(): AwsError {
  return new AwsError('PolicyLengthExceededException', 400, 'The policy is too long.');
}
