/** One AddPermission request as the statement that AWS makes of it. */
import type { AddPermissionRequest } from '@aws-sdk/client-lambda';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import { invalidParameter } from './lambda-errors.ts';

export function statementOf(input: AddPermissionRequest, arn: string): PolicyStatement {
  const { StatementId: sid = '', Action: action = '', FunctionUrlAuthType: authType } = input;
  if (authType !== undefined && !/^(\*|lambda:(\*|InvokeFunctionUrl))$/.test(action)) {
    throw invalidParameter(
      'FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action',
    );
  }
  const condition = conditionOf(input);
  const statement = {
    Sid: sid,
    Effect: 'Allow' as const,
    Principal: principalOf(input.Principal ?? ''),
    Action: action,
    Resource: arn,
  };
  return condition === undefined ? statement : { ...statement, Condition: condition };
}

const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/;
const IDENTITY =
  /^arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[^*?]+)|sts::\d{12}:(assumed-role|federated-user)\/[^*?]+)$/;

function principalOf(text: string): '*' | Readonly<Record<string, string>> {
  if (text === '*') return text;
  if (/^\d{12}$/.test(text)) return { AWS: `arn:aws:iam::${text}:root` };
  if (IDENTITY.test(text)) return { AWS: text };
  if (SERVICE.test(text)) return { Service: text };
  throw invalidParameter(
    'The provided principal was invalid. Please check the principal and try again.',
  );
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** In AWS's own spelling of keys; conditions do not distinguish upper and lower case. */
function conditionOf(input: AddPermissionRequest): Conditions | undefined {
  const { InvokedViaFunctionUrl: isUrlOnly } = input;
  const equals = withoutAbsent({
    'AWS:SourceAccount': input.SourceAccount,
    'lambda:EventSourceToken': input.EventSourceToken,
    'lambda:FunctionUrlAuthType': input.FunctionUrlAuthType,
    'aws:PrincipalOrgID': input.PrincipalOrgID,
  });
  const like = withoutAbsent({ 'AWS:SourceArn': input.SourceArn });
  const bool = withoutAbsent({
    'lambda:InvokedViaFunctionUrl': isUrlOnly === undefined ? undefined : String(isUrlOnly),
  });
  const blocks = { StringEquals: equals, ArnLike: like, Bool: bool };
  const filled = Object.entries(blocks).filter(([, keys]) => Object.keys(keys).length > 0);
  return filled.length === 0 ? undefined : Object.fromEntries(filled);
}

function withoutAbsent(
  keys: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(keys).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
