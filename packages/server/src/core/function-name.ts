/**
 * Every form in which the API accepts a function's name: `name`, `name:qualifier`,
 * `account:function:name`, a full ARN, each with or without a qualifier. Parsing only takes the
 * text apart; `resolveFunctionName` decides what it means for this caller. AWS: the order of the
 * refusals (region, account, qualifier) is ours; each alone was recorded.
 */
import { remembered } from '../lib/remembered.ts';
import { AwsError, validationException } from './aws-error.ts';

export interface FunctionNameParts {
  readonly account?: string;
  readonly region?: string;
  readonly name: string;
  readonly qualifier?: string;
}

export interface FunctionAddress {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly qualifier?: string;
}

const REGION = String.raw`((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?`;
/** As the API model prints it; `.` in names is what Invoke allows on top. */
const MODEL_PATTERN = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?${REGION}(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`;
const pattern =
  /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:(?<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9_.-]+)(?::(?<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?$/;
/** Names longer than this never reach the pattern. */
const MAX_LENGTH = 256;

/** Throws ValidationException for text that is none of the forms. */
export const parseFunctionName: (text: string) => FunctionNameParts = remembered(readFunctionName);

function readFunctionName(text: string): FunctionNameParts {
  const groups = text.length > MAX_LENGTH ? undefined : pattern.exec(text)?.groups;
  const name = groups?.['name'];
  if (groups === undefined || name === undefined) {
    throw validationException(
      `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${MODEL_PATTERN}`,
    );
  }
  const { account, region, qualifier } = groups;
  return {
    name,
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(qualifier === undefined ? {} : { qualifier }),
  };
}

/**
 * What the caller means, with both of the request's ways to say a qualifier joined. A function of
 * another account is refused unless it `isShared` by a policy of its own.
 */
export function resolveFunctionName(
  text: string,
  qualifier: string | undefined,
  caller: { readonly account: string; readonly region: string },
  isShared: (address: FunctionAddress) => boolean = () => false,
): FunctionAddress {
  const parts = parseFunctionName(text);
  if (parts.region !== undefined && parts.region !== caller.region) {
    throw new AwsError(
      'ResourceNotFoundException',
      404,
      `Functions from '${parts.region}' are not reachable in this region ('${caller.region}')`,
      { members: { Type: 'User' } },
    );
  }
  const meant = parts.qualifier ?? qualifier;
  const { account = caller.account } = parts;
  const address: FunctionAddress = {
    account,
    region: caller.region,
    name: parts.name,
    ...(meant === undefined ? {} : { qualifier: meant }),
  };
  if (account !== caller.account && !isShared(address)) {
    // AWS: answers without any message here; a sentence helps and no client reads it.
    throw new AwsError(
      'AccessDeniedException',
      403,
      `The function belongs to account ${account}; no resource-based policy allows account ${caller.account} this action.`,
    );
  }
  if (parts.qualifier !== undefined && qualifier !== undefined && parts.qualifier !== qualifier) {
    throw new AwsError(
      'InvalidParameterValueException',
      400,
      'The derived qualifier from the function name does not match the specified qualifier.',
      { members: { Type: 'User' } },
    );
  }
  return address;
}
