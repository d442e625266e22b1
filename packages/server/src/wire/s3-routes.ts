/**
 * Which operation of S3 a request means. Operations at one level (account, bucket, object) share a
 * path: the names in the query and one header tell them apart. The one that asks for the most of
 * what the request has is meant.
 */
import type { RawRequestHead } from './raw-message.ts';
import { s3AddressOf } from './s3-address.ts';
import type { OperationModel } from './service-model.ts';

interface S3Route {
  readonly operation: OperationModel;
  /** What must stand in the query: a name, or `name=value`. */
  readonly query: readonly string[];
  readonly needsCopySource: boolean;
}

type Level = 'account' | 'bucket' | 'object';

export function createS3Routes(
  operations: Iterable<OperationModel>,
): (request: RawRequestHead) => OperationModel | undefined {
  const routes = new Map<string, S3Route[]>();
  for (const operation of operations) {
    if (operation.http === undefined || elsewhere.has(operation.name)) continue;
    const place = `${operation.http.method} ${levelOf(operation)}`;
    routes.set(place, [...(routes.get(place) ?? []), routeOf(operation)]);
  }
  return (request) => {
    const { bucket, key } = s3AddressOf(request);
    const inBucket: Level = key === undefined ? 'bucket' : 'object';
    const level: Level = bucket === undefined ? 'account' : inBucket;
    const { names, parts } = queryOf(request.query);
    const hasCopySource = request.headers['x-amz-copy-source'] !== undefined;
    let best: S3Route | undefined;
    for (const route of routes.get(`${request.method} ${level}`) ?? []) {
      if (route.needsCopySource && !hasCopySource) continue;
      if (!route.query.every((each) => names.has(each) || parts.has(each))) continue;
      if (best === undefined || weightOf(route) > weightOf(best)) best = route;
    }
    return best?.operation;
  };
}

/** They have host names of their own on AWS, which no client asks Hearth under. */
const elsewhere: ReadonlySet<string> = new Set([
  'ListDirectoryBuckets',
  'WriteGetObjectResponse',
  'CreateSession',
]);

function levelOf(operation: OperationModel): Level {
  if (operation.http?.uri.startsWith('/{Key+}') === true) return 'object';
  return operation.input.members.some((each) => each.name === 'Bucket') ? 'bucket' : 'account';
}

function routeOf(operation: OperationModel): S3Route {
  const [, text = ''] = (operation.http?.uri ?? '').split('?');
  const literal = text.split('&').filter((each) => each !== '' && !each.startsWith('x-id='));
  const required = operation.input.members
    .filter((each) => each.isRequired && each.traits.query !== undefined)
    .map((each) => each.traits.query ?? '');
  return {
    operation,
    query: [...literal, ...required],
    needsCopySource: operation.input.members.some((each) => each.name === 'CopySource'),
  };
}

function weightOf({ query, needsCopySource }: S3Route): number {
  return query.length + (needsCopySource ? 0.5 : 0);
}

function queryOf(query: string): {
  readonly names: ReadonlySet<string>;
  readonly parts: ReadonlySet<string>;
} {
  const parts = query.split('&').filter((each) => each !== '');
  return {
    names: new Set(parts.map((each) => each.split('=', 1)[0] ?? '')),
    parts: new Set(parts),
  };
}
