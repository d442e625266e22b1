/** A function may be named in many ways, by every operation, and each means the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadServiceModel, type OperationModel } from '../../wire/service-model.ts';
import { makeThings, rightFor, type Things, type Values } from './fixtures/right-inputs.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const model = loadServiceModel('lambda');

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterAll(() => lambda[Symbol.asyncDispose]());

type Form = (name: string) => string;
const forms: readonly Form[] = [
  (name) => name,
  (name) => `function:${name}`,
  (name) => `000000000000:function:${name}`,
  (name) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
];
type Placing = (name: string, qualifier: string, form: Form) => Values;
const both: Placing = (name, Qualifier, form) => ({
  FunctionName: form(`${name}:${Qualifier}`),
  Qualifier,
});
const placings: readonly (readonly [string, Placing])[] = [
  ['beside it', (name, Qualifier, form) => ({ FunctionName: form(name), Qualifier })],
  ['in it', (name, qualifier, form) => ({ FunctionName: form(`${name}:${qualifier}`) })],
  ['in both places', both],
];
const cases = placings.flatMap(([where, place]) =>
  forms.map((form) => [form('f'), where, form, place] as const),
);

/** What others need comes before what takes it away, and the whole last. */
const rank = (name: string): number =>
  [
    /^(Get|List|Invoke)/,
    /^(Put|Update|Publish|Create|Add)/,
    /^(Remove|Delete(?!Alias|Function$))/,
    /^DeleteAlias/,
  ].findIndex((verbs) => verbs.test(name)) >>> 0;
const operations = (): readonly OperationModel[] =>
  [...lambda.service.operations.keys()]
    .map((name) => model.operations.get(name))
    .filter((each): each is OperationModel => each !== undefined)
    .filter(({ input }) => input.members.some(({ name }) => name === 'FunctionName'))
    .filter(({ name }) => !/EventSourceMapping/.test(name))
    .toSorted((a, b) => rank(a.name) - rank(b.name));

/** What is said of the function, without what is new each time. */
const masked = (output: unknown, { name, layer, signing }: Things): unknown =>
  JSON.parse(
    JSON.stringify(output)
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
      .replaceAll(/[0-9a-z]{32}/g, '<id>')
      .replaceAll(/"https?:[^"]*"/g, '"<address>"')
      .replaceAll(signing, '<signing>')
      .replaceAll(`layer:${layer}:`, 'layer:<layer>:')
      .replaceAll(name, '<name>'),
  );

let expected: Record<string, unknown> | undefined;

test.each(cases)(
  'operations take %s, with a qualifier %s where they have one',
  async (_form, _where, form, place) => {
    const things = await makeThings(lambda);
    const answers: Record<string, unknown> = {};
    for (const operation of operations()) {
      const right = rightFor(operation, things);
      const name = String(right['FunctionName']);
      const { Qualifier: qualifier, ...rest } = right;
      const named =
        qualifier === undefined
          ? { FunctionName: form(name) }
          : (mustBeSaid(operation) ? both : place)(name, String(qualifier), form);
      const output = await lambda.call(operation.name, { ...parsed(rest), ...named });
      await lambda.settled();
      answers[operation.name] = masked(output, things);
    }
    expect(Object.keys(answers).length).toBeGreaterThan(40);
    expected ??= answers;
    expect(answers).toEqual(expected);
  },
);

/** For what is provisioned, the qualifier is a member of its own in any case. */
const mustBeSaid = ({ input }: OperationModel): boolean =>
  input.members.some((each) => each.name === 'Qualifier' && each.isRequired);

/** As the wire's parser hands it over. */
function parsed(input: Values): Values {
  const bytes = (value: unknown): Buffer => Buffer.from(String(value), 'base64');
  const { Code: code, ZipFile: zip, Payload: payload, InvokeArgs: args, ...rest } = input;
  return {
    ...rest,
    ...(code === undefined ? {} : { Code: { ZipFile: bytes((code as Values)['ZipFile']) } }),
    ...(zip === undefined ? {} : { ZipFile: bytes(zip) }),
    ...(payload === undefined ? {} : { Payload: Buffer.from(String(payload)) }),
    ...(args === undefined ? {} : { InvokeArgs: Buffer.from(String(args)) }),
  };
}
