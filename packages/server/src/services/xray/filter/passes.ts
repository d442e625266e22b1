/** Whether a trace is one of those that a filter expression finds. */
import { durationOf, withSubsegments, type Segment } from '../segment.ts';
import { resourcesOf, serviceIdOf } from '../summarise.ts';
import { rootOf, traceDuration, type Trace } from '../trace.ts';
import type {
  Filter,
  FlagKeyword,
  NumberKeyword,
  ServiceFilter,
  Test,
  TextKeyword,
} from './filter.ts';

/** Of a whole trace, or of one of its segments inside `service(...) { }`. */
interface Scope {
  readonly segments: readonly Segment[];
  readonly account: string;
  readonly duration: number;
  readonly responseTime: number;
}

export function passes(filter: Filter, trace: Trace, account: string): boolean {
  const root = rootOf(trace);
  return matches(filter, {
    segments: trace.segments,
    account,
    duration: traceDuration(trace),
    responseTime: root === undefined ? 0 : durationOf(root),
  });
}

function matches(filter: Filter, scope: Scope): boolean {
  switch (filter.kind) {
    case 'everything':
      return true;
    case 'and':
      return matches(filter.left, scope) && matches(filter.right, scope);
    case 'or':
      return matches(filter.left, scope) || matches(filter.right, scope);
    case 'not':
      return !matches(filter.inner, scope);
    case 'flag':
      return hasFlag(filter.keyword, scope) === filter.isWanted;
    case 'number':
      return numbersOf(filter.keyword, scope).some((each) => holds(each, filter.test));
    case 'text':
      return textsOf(filter.keyword, scope).some((each) => holds(each, filter.test));
    case 'annotation': {
      const { key, test } = filter;
      const values = annotationsOf(key, scope);
      return test === undefined ? values.length > 0 : values.some((each) => holds(each, test));
    }
    case 'service':
      return hasService(filter, scope);
  }
}

function hasService(wanted: ServiceFilter, scope: Scope): boolean {
  return scope.segments.some((segment) => {
    const { Name: name, Type: type, AccountId: account } = serviceIdOf(segment, scope);
    if (wanted.name !== undefined && wanted.name !== name) return false;
    if (wanted.type !== undefined && wanted.type !== type) return false;
    if (wanted.accountId !== undefined && wanted.accountId !== account) return false;
    const duration = durationOf(segment);
    const { account: owner } = scope;
    const inner = { segments: [segment], account: owner, duration, responseTime: duration };
    return matches(wanted.inner, inner);
  });
}

function hasFlag(keyword: FlagKeyword, { segments }: Scope): boolean {
  switch (keyword) {
    case 'fault':
    case 'error':
    case 'throttle':
      return segments.some((each) => each[keyword] === true);
    case 'partial':
      return segments.some((each) => each.in_progress === true);
    case 'ok':
      return segments.every(({ fault, error, throttle }) => !(fault ?? error ?? throttle ?? false));
  }
}

function numbersOf(keyword: NumberKeyword, scope: Scope): readonly number[] {
  if (keyword === 'duration') return [scope.duration];
  if (keyword === 'responsetime') return [scope.responseTime];
  const found = scope.segments.map((each) => each.http?.response?.status);
  return found.filter((each) => typeof each === 'number');
}

function textsOf(keyword: TextKeyword, { segments, account }: Scope): readonly string[] {
  const found = segments.flatMap((each): readonly unknown[] => {
    const request = each.http?.request;
    switch (keyword) {
      case 'http.url':
        return [request?.url];
      case 'http.method':
        return [request?.method];
      case 'http.useragent':
        return [request?.user_agent];
      case 'http.clientip':
        return [request?.client_ip];
      case 'user':
        return [each.user];
      case 'name':
        return [each.name];
      case 'type':
        return [each.origin];
      case 'id':
        return [each.trace_id, each.id];
      case 'message':
        return [...withSubsegments(each)].flatMap(messagesOf);
      case 'aws.accountid':
        return [serviceIdOf(each, { account }).AccountId];
      case 'resource.arn':
        return resourcesOf(each);
    }
  });
  return found.filter((each) => typeof each === 'string');
}

function messagesOf(segment: Segment): readonly unknown[] {
  const { cause } = segment as { readonly cause?: { readonly exceptions?: unknown } };
  const exceptions = cause?.exceptions;
  if (!Array.isArray(exceptions)) return [];
  return exceptions.map(
    (each: unknown) => (each as { readonly message?: unknown } | null)?.message,
  );
}

function annotationsOf(key: string, { segments }: Scope): readonly unknown[] {
  return segments
    .flatMap((each) => [...withSubsegments(each)])
    .map(({ annotations = {} }) => (Object.hasOwn(annotations, key) ? annotations[key] : undefined))
    .filter((each) => each !== undefined);
}

function holds(found: unknown, { operator, value }: Test): boolean {
  switch (operator) {
    case '=':
      return found === value;
    case '!=':
      return found !== value;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (
        typeof found === 'number' && typeof value === 'number' && compares(found, operator, value)
      );
    case 'CONTAINS':
      return String(found).includes(String(value));
    case 'BEGINSWITH':
      return String(found).startsWith(String(value));
    case 'ENDSWITH':
      return String(found).endsWith(String(value));
  }
}

function compares(left: number, operator: '<' | '<=' | '>' | '>=', right: number): boolean {
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}
