/**
 * Filter expressions of GetTraceSummaries. What AWS has and Hearth does not find traces by (edges,
 * root causes, groups, inferred services) is refused with a sentence.
 */
import { cannotYet } from '../xray-errors.ts';
import {
  flagKeywords,
  numberKeywords,
  operators,
  textKeywords,
  type Filter,
  type ServiceFilter,
  type Test,
} from './filter.ts';
import { invalidFilter, tokensOf, type Token } from './tokens.ts';

/** A longer one could nest deeper than the stack is. */
const LONGEST = 1_000;

export function parseFilter(expression: string): Filter {
  if (expression.length > LONGEST) throw invalidFilter(`it is longer than ${LONGEST} characters`);
  const reader = new Reader(tokensOf(expression));
  if (reader.isAtEnd) return { kind: 'everything' };
  const filter = anyOf(reader);
  if (!reader.isAtEnd) throw reader.unexpected();
  return filter;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** Takes the next token if it is this sign, or this word in any case. */
  takes(text: string): boolean {
    const token = this.#tokens[this.#at];
    const isIt = token?.kind !== 'string' && token?.text.toUpperCase() === text;
    if (isIt) this.#at += 1;
    return isIt;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw this.unexpected();
  }

  next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.unexpected();
    this.#at += 1;
    return token;
  }

  unexpected(): Error {
    const token = this.#tokens[this.#at];
    return invalidFilter(
      token === undefined ? 'it ends too early' : `"${token.text}" is not expected where it stands`,
    );
  }
}

function anyOf(reader: Reader): Filter {
  let left = allOf(reader);
  while (reader.takes('OR')) left = { kind: 'or', left, right: allOf(reader) };
  return left;
}

function allOf(reader: Reader): Filter {
  let left = single(reader);
  while (reader.takes('AND')) left = { kind: 'and', left, right: single(reader) };
  return left;
}

function single(reader: Reader): Filter {
  if (reader.takes('NOT') || reader.takes('!')) return { kind: 'not', inner: single(reader) };
  if (reader.takes('(')) {
    const inner = anyOf(reader);
    reader.expect(')');
    return inner;
  }
  return keyword(reader);
}

function keyword(reader: Reader): Filter {
  const { kind, text } = reader.next();
  if (kind !== 'word') throw invalidFilter(`"${text}" is no keyword`);
  const flag = flagKeywords.find((each) => each === text);
  if (flag !== undefined) return { kind: 'flag', keyword: flag, isWanted: wanted(reader) };
  const number = numberKeywords.find((each) => each === text);
  if (number !== undefined) return { kind: 'number', keyword: number, test: numberTest(reader) };
  const named = textKeywords.find((each) => each === text);
  if (named !== undefined) return { kind: 'text', keyword: named, test: textTest(reader) };
  if (text === 'service') return service(reader);
  if (text === 'annotation' && reader.takes('[')) {
    const key = reader.next().text;
    reader.expect(']');
    return { kind: 'annotation', key, test: testOf(reader) };
  }
  if (text.startsWith('annotation.')) {
    return { kind: 'annotation', key: text.slice('annotation.'.length), test: testOf(reader) };
  }
  throw cannotYet(`the keyword ${text} of filter expressions`);
}

/** `fault`, `fault = true`, `fault != true`. */
function wanted(reader: Reader): boolean {
  const test = testOf(reader);
  if (test === undefined) return true;
  if (typeof test.value !== 'boolean' || !/^!?=$/.test(test.operator)) {
    throw invalidFilter('such a keyword is compared with true or false');
  }
  return (test.operator === '=') === test.value;
}

function numberTest(reader: Reader): Test {
  const test = testOf(reader);
  if (typeof test?.value !== 'number' || /[A-Z]/.test(test.operator)) {
    throw invalidFilter('such a keyword is compared with a number');
  }
  return test;
}

function textTest(reader: Reader): Test {
  const test = testOf(reader);
  if (typeof test?.value !== 'string' || /[<>]/.test(test.operator)) {
    throw invalidFilter('such a keyword is compared with a string');
  }
  return test;
}

function testOf(reader: Reader): Test | undefined {
  const operator = operators.find((each) => reader.takes(each));
  if (operator === undefined) return undefined;
  const token = reader.next();
  if (token.kind === 'number') return { operator, value: token.value };
  if (token.kind === 'string') return { operator, value: token.text };
  if (token.text !== 'true' && token.text !== 'false') {
    throw invalidFilter(`"${token.text}" is no value`);
  }
  return { operator, value: token.text === 'true' };
}

/** `service()`, `service("name")`, `service(id(name: "name", type: "type")) { ... }`. */
function service(reader: Reader): ServiceFilter {
  reader.expect('(');
  const named = serviceNamed(reader);
  if (!reader.takes('{')) return { kind: 'service', ...named, inner: { kind: 'everything' } };
  const inner = anyOf(reader);
  reader.expect('}');
  return { kind: 'service', ...named, inner };
}

function serviceNamed(reader: Reader): Pick<ServiceFilter, 'name' | 'type' | 'accountId'> {
  if (reader.takes(')')) return {};
  if (!reader.takes('ID')) {
    const { kind, text } = reader.next();
    if (kind !== 'string') throw invalidFilter('the name of a service is a string');
    reader.expect(')');
    return { name: text };
  }
  reader.expect('(');
  const named: Record<string, string> = {};
  do {
    const member = idMembers[reader.next().text];
    if (member === undefined) throw invalidFilter('a service has a name, a type and an account.id');
    reader.expect(':');
    named[member] = reader.next().text;
  } while (reader.takes(','));
  reader.expect(')');
  reader.expect(')');
  return named;
}

const idMembers: Readonly<Record<string, string>> = {
  name: 'name',
  type: 'type',
  'account.id': 'accountId',
};
