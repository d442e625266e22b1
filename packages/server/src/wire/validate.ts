/**
 * Refuses inputs that break a constraint of the API model, all broken ones in one answer, in
 * AWS's words: `1 validation error detected: Value 'x' at 'y' failed to satisfy constraint: ...`.
 * Compiled once for each structure.
 */
import { AwsError } from '../core/aws-error.ts';
import type { ServiceName } from '../core/operation.ts';
import { compileCheck, type Check } from './constraint-check.ts';
import type { Constraint, ConstraintTable } from './constraint.ts';
import { eventsConstraints } from './constraints/events.ts';
import { iamConstraints } from './constraints/iam.ts';
import { lambdaConstraints } from './constraints/lambda.ts';
import { logsConstraints } from './constraints/logs.ts';
import { sqsConstraints } from './constraints/sqs.ts';
import { stsConstraints } from './constraints/sts.ts';
import { xrayConstraints } from './constraints/xray.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';
import type { Member, Shape, StructureShape } from './shape.ts';
import {
  describeValue,
  matchesPattern,
  NOT_NULL,
  validationMessage,
  type Problem,
} from './validation-wording.ts';

const tables: Readonly<Record<ServiceName, ConstraintTable>> = {
  lambda: lambdaConstraints,
  logs: logsConstraints,
  iam: iamConstraints,
  sts: stsConstraints,
  // S3 checks its values itself, each with an error of its own.
  s3: { shapes: {}, members: {} },
  sqs: sqsConstraints,
  // Whoever serves it checks its values.
  sns: { shapes: {}, members: {} },
  events: eventsConstraints,
  xray: xrayConstraints,
  // Nearly all that is bound are names, which the repositories themselves decide about.
  ecr: { shapes: {}, members: {} },
};

/** AWS: the services tell the same thing under different names. */
const codes: Readonly<Record<ServiceName, string>> = {
  lambda: 'ValidationException',
  logs: 'InvalidParameterException',
  iam: 'ValidationError',
  sts: 'ValidationError',
  s3: 'InvalidArgument',
  sqs: 'MissingParameter',
  sns: 'ValidationError',
  events: 'ValidationException',
  xray: 'InvalidRequestException',
  ecr: 'InvalidParameterException',
};

export function validateInput(model: ServiceModel, operation: OperationModel, input: object): void {
  const problems: Problem[] = [];
  structureValidator(tables[model.name], operation.input)(input, '', problems);
  const [first] = problems;
  if (first === undefined) return;
  // AWS: SQS tells of the first alone, and the model of SQS has no other constraints.
  if (model.name === 'sqs') throw missingParameter(first.path);
  throw validationError(model.name, problems);
}

function missingParameter(path: string): AwsError {
  if (path === 'queueName') {
    const reason = 'Value for parameter QueueName is invalid. Reason: Must specify a queue name.';
    return new AwsError('InvalidParameterValue', 400, reason);
  }
  const name = path.charAt(0).toUpperCase() + path.slice(1);
  const message = `The request must contain the parameter ${name}.`;
  return new AwsError('MissingParameter', 400, message);
}

/** The error of a service whose own rules speak in the same form. */
function validationError(service: ServiceName, problems: readonly Problem[]): AwsError {
  return new AwsError(codes[service], 400, validationMessage(problems));
}

type Validate = (value: unknown, path: string, problems: Problem[]) => void;

interface MemberCheck {
  readonly member: Member;
  readonly printedName: string;
  readonly check: Validate;
}

const compiled = new WeakMap<StructureShape, Validate>();

function structureValidator(table: ConstraintTable, shape: StructureShape): Validate {
  const earlier = compiled.get(shape);
  if (earlier !== undefined) return earlier;
  let members: readonly MemberCheck[] | undefined;
  const validate: Validate = (value, path, problems) => {
    members ??= inPrintedOrder(table, shape).map((each) => ({
      member: each,
      printedName: printedName(each),
      check: memberValidator(table, shape, each),
    }));
    const values = value as Readonly<Record<string, unknown>>;
    for (const { member, printedName: name, check } of members) {
      const each = values[member.name];
      const isMissing = each === undefined || each === null;
      if (isMissing && !member.isRequired) continue;
      const memberPath = path === '' ? name : `${path}.${name}`;
      if (isMissing) problems.push({ path: memberPath, value: 'null', requirement: NOT_NULL });
      else check(each, memberPath, problems);
    }
  };
  compiled.set(shape, validate);
  return validate;
}

/** AWS's order of the problems is that of its own model, which is the order of the table. */
function inPrintedOrder(table: ConstraintTable, shape: StructureShape): readonly Member[] {
  const names = Object.keys(table.members[shape.name] ?? {});
  const rank = (member: Member): number => {
    const index = names.indexOf(member.name);
    return index === -1 ? names.length : index;
  };
  return shape.members.toSorted((left, right) => rank(left) - rank(right));
}

function memberValidator(table: ConstraintTable, owner: StructureShape, member: Member): Validate {
  const name = table.members[owner.name]?.[member.name];
  const constraint = name === undefined ? undefined : table.shapes[name];
  const own = constraint === undefined ? undefined : ownValidator(member, constraint);
  const inner = innerValidator(table, member.shape, constraint, member.traits.isSensitive);
  return (value, path, problems) => {
    own?.(value, path, problems);
    inner?.(value, path, problems);
  };
}

function ownValidator(member: Member, constraint: Constraint): Validate {
  const check = compileCheck(constraint);
  const patternText = matchesPattern(constraint.pattern ?? '');
  return (value, path, problems) => {
    for (const requirement of check.broken(value)) {
      const shown = show(value, member.traits.isSensitive, constraint.isDouble);
      const problem = { path, value: shown, requirement };
      const isOwn = constraint.patternSentence !== undefined && requirement === patternText;
      const sentence = `The specified value for ${path} is invalid. ${constraint.patternSentence}`;
      problems.push(isOwn ? { ...problem, sentence } : problem);
    }
  };
}

/** What holds for the parts of a value. */
function innerValidator(
  table: ConstraintTable,
  shape: Shape,
  constraint: Constraint | undefined,
  isSensitive: boolean,
): Validate | undefined {
  switch (shape.kind) {
    case 'structure':
      return structureValidator(table, shape);
    case 'list': {
      const element = innerValidator(table, shape.element.shape, undefined, isSensitive);
      const each = elementValidator(table, constraint, { isSensitive, isSparse: shape.isSparse });
      return (value, path, problems) => {
        each(value as readonly unknown[], path, problems);
        (value as readonly unknown[]).forEach((part, index) => {
          if (part !== null) element?.(part, `${path}.${index + 1}.member`, problems);
        });
      };
    }
    case 'map':
      return mapValidator(table, constraint, { isSensitive, isSparse: shape.isSparse });
    case 'string':
    case 'number':
    case 'boolean':
    case 'timestamp':
    case 'blob':
    case 'document':
      return undefined;
  }
}

interface PartTraits {
  readonly isSensitive: boolean;
  readonly isSparse: boolean;
}

function elementValidator(
  table: ConstraintTable,
  constraint: Constraint | undefined,
  { isSensitive, isSparse }: PartTraits,
): (value: readonly unknown[], path: string, problems: Problem[]) => void {
  const check = namedCheck(table, constraint?.element);
  const texts = [...check.requirements, ...(constraint?.hasNullableElements ? [] : [NOT_NULL])];
  const isBare = constraint?.isElementTextBare === true;
  const requirement = isBare ? check.requirements.join(', ') : inBrackets('Member', texts);
  return (value, path, problems) => {
    if (value.every((each) => isPartMet(check, each, isSparse))) return;
    problems.push({ path, value: show(value, isSensitive), requirement });
  };
}

function mapValidator(
  table: ConstraintTable,
  constraint: Constraint | undefined,
  { isSensitive, isSparse }: PartTraits,
): Validate {
  const keys = namedCheck(table, constraint?.key);
  const values = namedCheck(table, constraint?.value);
  const isDouble = table.shapes[constraint?.value ?? '']?.isDouble === true;
  const ofKeys = inBrackets('Map keys', keys.requirements);
  const ofValues = inBrackets('Map value', [...values.requirements, NOT_NULL]);
  return (value, path, problems) => {
    const entries = Object.entries(value as Readonly<Record<string, unknown>>);
    const add = (requirement: string): void => {
      problems.push({ path, value: show(value, isSensitive, isDouble), requirement });
    };
    if (!entries.every(([key]) => keys.broken(key).length === 0)) add(ofKeys);
    if (!entries.every(([, each]) => isPartMet(values, each, isSparse))) add(ofValues);
  };
}

function isPartMet(check: Check, value: unknown, isSparse: boolean): boolean {
  if (value === undefined || value === null) return isSparse;
  return check.broken(value).length === 0;
}

function namedCheck(table: ConstraintTable, name: string | undefined): Check {
  return compileCheck((name === undefined ? undefined : table.shapes[name]) ?? {});
}

function inBrackets(subject: string, requirements: readonly string[]): string {
  return `${subject} must satisfy constraint: [${requirements.join(', ')}]`;
}

/** AWS prints no value of a member that its model calls sensitive. */
function show(value: unknown, isSensitive: boolean, isDouble = false): string {
  return isSensitive ? '' : describeValue(value, isDouble);
}

function printedName({ name }: Member): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
