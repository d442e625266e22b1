/** From a target as it is given to one that is kept, or the refusal. */
import type { Target } from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import { cannotYet, invalidArn } from './events-errors.ts';
import { parseJsonPath } from './json-path.ts';
import type { InputTransformer, RuleTarget } from './rule-record.ts';
import { isPredefined, undefinedVariable } from './target-input.ts';

const functionForm =
  /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(?::(?:\$LATEST|[\w-]{1,128}))?$/;
const queueForm = /^arn:aws[\w-]*:sqs:[a-z0-9-]+:\d{12}:(?:[\w-]{1,75}\.fifo|[\w-]{1,80})$/;

const topicForm = /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;

/** Parameters of other targets. */
const ofOtherTargets = [
  'KinesisParameters',
  'RunCommandParameters',
  'EcsParameters',
  'BatchParameters',
  'HttpParameters',
  'RedshiftDataParameters',
  'SageMakerPipelineParameters',
  'AppSyncParameters',
] as const satisfies readonly (keyof Target)[];

export function checkTarget(given: Target): RuleTarget {
  const { Id: id = '', Arn: arn = '' } = given;
  checkArn(arn);
  for (const name of ofOtherTargets) {
    if (given[name] !== undefined) throw cannotYet(`targets with ${name}`);
  }
  if (given.RoleArn !== undefined) {
    throw validationException(`RoleArn is not supported for target ${arn}.`);
  }
  const messageGroupId = given.SqsParameters?.MessageGroupId;
  if (arn.endsWith('.fifo') && messageGroupId === undefined) {
    throw validationException(`Parameter(s) SqsParameters must be specified for target: ${id}.`);
  }
  if (given.SqsParameters !== undefined && !arn.endsWith('.fifo')) {
    throw validationException(`Parameter(s) SqsParameters is not valid for target: ${id}.`);
  }
  const deadLetterArn = given.DeadLetterConfig?.Arn;
  if (deadLetterArn !== undefined) checkDeadLetters(deadLetterArn);
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age } = given.RetryPolicy ?? {};
  return {
    id,
    arn,
    ...readInput(id, given),
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(retries === undefined ? {} : { maximumRetryAttempts: retries }),
    ...(age === undefined ? {} : { maximumEventAgeSeconds: age }),
  };
}

function checkArn(arn: string): void {
  if (functionForm.test(arn) || queueForm.test(arn) || topicForm.test(arn)) return;
  const [prefix, , service = ''] = arn.split(':');
  if (prefix !== 'arn' || ['lambda', 'sqs', 'sns'].includes(service)) throw invalidArn(arn);
  throw cannotYet(`targets other than functions, queues and topics (${arn})`);
}

/** AWS: a standard queue. */
function checkDeadLetters(arn: string): void {
  if (!queueForm.test(arn) || arn.endsWith('.fifo')) throw invalidArn(arn);
}

/** The sentences about templates are from memory. */
function readInput(
  id: string,
  { Input: input, InputPath: inputPath, InputTransformer: transformer }: Target,
): Pick<RuleTarget, 'input' | 'inputPath' | 'transformer'> {
  if ([input, inputPath, transformer].filter((each) => each !== undefined).length > 1) {
    throw validationException(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`,
    );
  }
  if (input !== undefined) {
    if (!isJson(input)) {
      throw validationException(`JSON syntax error in input for target ${id}.`);
    }
    return { input };
  }
  if (inputPath !== undefined) {
    checkPath(id, inputPath);
    return { inputPath };
  }
  return transformer === undefined ? {} : { transformer: readTransformer(id, transformer) };
}

function readTransformer(
  id: string,
  {
    InputPathsMap: paths = {},
    InputTemplate: template = '',
  }: NonNullable<Target['InputTransformer']>,
): InputTransformer {
  for (const [name, path] of Object.entries(paths)) {
    if (isPredefined(name)) {
      throw validationException(`InputPathsMap of target ${id} cannot define ${name}.`);
    }
    checkPath(id, path ?? '');
  }
  const transformer = { paths: { ...paths }, template };
  const unknown = undefinedVariable(transformer);
  if (unknown !== undefined) {
    throw validationException(
      `InputTemplate for target ${id} contains invalid placeholder ${unknown}.`,
    );
  }
  return transformer;
}

function checkPath(id: string, path: string): void {
  if (parseJsonPath(path) !== undefined) return;
  throw validationException(`Invalid JSON path ${path} for target ${id}.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not JSON is the answer.
    return false;
  }
}
