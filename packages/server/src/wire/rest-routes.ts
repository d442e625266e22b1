/**
 * Method and path to operation, without the body. A tree of path segments: literal ones first,
 * then labels. Two liberties that AWS takes are taken here: one slash at the end is ignored (old
 * clients send it), and a label that holds an ARN may contain unencoded slashes.
 */
import { remembered } from '../lib/remembered.ts';
import type { RawRequestHead } from './raw-message.ts';
import type { OperationModel } from './service-model.ts';

export interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** Static parts of the query that tell this operation from another one at the same path. */
  readonly query: readonly string[];
}

export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'label'; readonly name: string; readonly holdsArn: boolean };

export interface RouteTable {
  find(request: RawRequestHead): OperationModel | undefined;
}

export function createRouteTable(operations: Iterable<OperationModel>): RouteTable {
  const root = createNode();
  const arnRoutes: Route[] = [];
  for (const operation of operations) {
    const route = routeOf(operation);
    if (route === undefined) continue;
    insert(root, route);
    if (route.segments.some((each) => each.kind === 'label' && each.holdsArn)) {
      arnRoutes.push(route);
    }
  }
  // The longest first: `/history` at the end belongs to the template before it does to the ARN.
  arnRoutes.sort((left, right) => right.segments.length - left.segments.length);
  const exactly = remembered((line) => {
    const space = line.indexOf(' ');
    return descend(root, splitPath(line.slice(space + 1)), 0, line.slice(0, space));
  });
  const loosely = ({ method, path }: RawRequestHead): readonly Route[] => {
    const parts = splitPath(path);
    return arnRoutes.filter(
      (route) => route.method === method && labelsOf(route, parts) !== undefined,
    );
  };
  return {
    find(request): OperationModel | undefined {
      const { method, path, query } = request;
      const route = choose(exactly(`${method} ${path}`), query) ?? choose(loosely(request), query);
      return route?.operation;
    },
  };
}

export function routeOf(operation: OperationModel): Route | undefined {
  if (operation.http === undefined) return undefined;
  const [path = '', query] = operation.http.uri.split('?');
  return {
    operation,
    method: operation.http.method,
    segments: splitPath(path).map(parseSegment),
    query: query === undefined ? [] : query.split('&'),
  };
}

/**
 * The still encoded text of each label, in the order of the template. Undefined where the path is
 * not of this route.
 */
export function labelsOf(route: Route, parts: readonly string[]): readonly string[] | undefined {
  const surplus = parts.length - route.segments.length;
  if (surplus < 0) return undefined;
  const labels: string[] = [];
  let at = 0;
  for (const segment of route.segments) {
    if (segment.kind === 'literal') {
      if (parts[at] !== segment.text) return undefined;
      at += 1;
      continue;
    }
    const end = segment.holdsArn ? at + surplus + 1 : at + 1;
    const text = parts.slice(at, end).join('/');
    if (text === '') return undefined;
    labels.push(text);
    at = end;
  }
  return at === parts.length ? labels : undefined;
}

export function splitPath(path: string): string[] {
  const parts = path.split('/');
  parts.shift();
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

interface Node {
  readonly literals: Map<string, Node>;
  label: Node | undefined;
  readonly routes: Route[];
}

function createNode(): Node {
  return { literals: new Map(), label: undefined, routes: [] };
}

function insert(root: Node, route: Route): void {
  let node = root;
  for (const segment of route.segments) {
    if (segment.kind === 'label') {
      node = node.label ??= createNode();
      continue;
    }
    const next = node.literals.get(segment.text) ?? createNode();
    node.literals.set(segment.text, next);
    node = next;
  }
  node.routes.push(route);
}

/** Templates are a dozen segments at most: the recursion is as deep as the tree, not the path. */
function descend(node: Node, parts: readonly string[], at: number, method: string): Route[] {
  const part = parts[at];
  if (part === undefined) return node.routes.filter((route) => route.method === method);
  const literal = node.literals.get(part);
  const found = literal === undefined ? [] : descend(literal, parts, at + 1, method);
  if (found.length > 0 || node.label === undefined || part === '') return found;
  return descend(node.label, parts, at + 1, method);
}

/** The route with the most static query parts among those that the request carries all of. */
function choose(routes: readonly Route[], query: string): Route | undefined {
  if (routes.length <= 1 && routes[0]?.query.length === 0) return routes[0];
  const given = new Set(query.split('&'));
  let best: Route | undefined;
  for (const route of routes) {
    if (!route.query.every((part) => given.has(part))) continue;
    if (best === undefined || route.query.length > best.query.length) best = route;
  }
  return best;
}

function parseSegment(text: string): Segment {
  if (!text.startsWith('{')) return { kind: 'literal', text };
  const name = text.slice(1, text.endsWith('+}') ? -2 : -1);
  return { kind: 'label', name, holdsArn: name === 'Resource' || name.endsWith('Arn') };
}
