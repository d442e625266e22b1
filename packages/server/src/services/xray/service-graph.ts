/**
 * The services of traces, and who called whom: a service is what its segments name, an edge leads
 * from the segment that has the parent of another one in it. Whoever began a trace from outside is the
 * client, which has no segments.
 */
import type { Edge, Service, ServiceStatistics } from '@aws-sdk/client-xray';
import { durationOf, withSubsegments, type Segment } from './segment.ts';
import { dateOf, serviceIdOf } from './summarise.ts';
import { rounded, type Trace } from './trace.ts';

const CLIENT = 'client';

export class ServiceGraph {
  readonly #account: string;
  readonly #nodes = new Map<string, Node>();

  constructor(account: string) {
    this.#account = account;
  }

  add({ segments }: Pick<Trace, 'segments'>): void {
    const owners = new Map<string, Segment>();
    for (const segment of segments) {
      for (const { id } of withSubsegments(segment)) owners.set(id, segment);
    }
    for (const segment of segments) {
      const node = this.#nodeOf(segment);
      node.segments.push(segment);
      const caller = owners.get(segment.parent_id ?? '');
      // One that is its own parent is nobody's.
      if (caller === segment) continue;
      const from = caller === undefined ? this.#client() : this.#nodeOf(caller);
      if (caller === undefined) node.isRoot = true;
      const calls = from.calls.get(node) ?? [];
      from.calls.set(node, calls);
      calls.push(segment);
    }
  }

  show(): Service[] {
    return [...this.#nodes.values()].map((node) => showNode(node));
  }

  #nodeOf(segment: Segment): Node {
    const id = serviceIdOf(segment, { account: this.#account });
    return this.#node(JSON.stringify(id), { ...id, State: 'active' });
  }

  #client(): Node {
    return this.#node(CLIENT, { Names: [], Type: CLIENT, State: 'unknown' });
  }

  #node(key: string, facts: Partial<Service>): Node {
    const earlier = this.#nodes.get(key);
    if (earlier !== undefined) return earlier;
    const made: Node = {
      reference: this.#nodes.size,
      facts,
      segments: [],
      calls: new Map(),
      isRoot: false,
    };
    this.#nodes.set(key, made);
    return made;
  }
}

interface Node {
  readonly reference: number;
  readonly facts: Partial<Service>;
  readonly segments: Segment[];
  /** By whom it calls: the segments that the calls have made. */
  readonly calls: Map<Node, Segment[]>;
  isRoot: boolean;
}

function showNode({ reference, facts, segments, calls, isRoot }: Node): Service {
  const edges = [...calls].map(([to, made]) => showEdge(to, made));
  const own = segments.length === 0 ? [...calls.values()].flat() : segments;
  return {
    ReferenceId: reference,
    ...facts,
    ...(isRoot ? { Root: true } : {}),
    ...spanOf(own),
    Edges: edges,
    ...(segments.length === 0
      ? {}
      : {
          SummaryStatistics: statisticsOf(segments),
          DurationHistogram: histogramOf(segments),
          ResponseTimeHistogram: histogramOf(segments),
        }),
  };
}

function showEdge({ reference }: Node, made: readonly Segment[]): Edge {
  return {
    ReferenceId: reference,
    ...spanOf(made),
    SummaryStatistics: statisticsOf(made),
    ResponseTimeHistogram: histogramOf(made),
    Aliases: [],
  };
}

function spanOf(segments: readonly Segment[]): Pick<Edge, 'StartTime' | 'EndTime'> {
  let [start, end] = [Number.POSITIVE_INFINITY, 0];
  for (const each of segments) {
    start = Math.min(start, each.start_time);
    end = Math.max(end, each.end_time ?? each.start_time);
  }
  return { StartTime: dateOf(start), EndTime: dateOf(end) };
}

function statisticsOf(segments: readonly Segment[]): ServiceStatistics {
  const count = (passes: (segment: Segment) => boolean): number => segments.filter(passes).length;
  const faults = count((each) => each.fault === true);
  const throttles = count((each) => each.throttle === true);
  const isError = ({ error, throttle }: Segment): boolean => error === true || throttle === true;
  const errors = count((each) => isError(each) && each.fault !== true);
  return {
    OkCount: segments.length - faults - errors,
    ErrorStatistics: {
      ThrottleCount: throttles,
      OtherCount: Math.max(0, errors - throttles),
      TotalCount: errors,
    },
    FaultStatistics: { OtherCount: faults, TotalCount: faults },
    TotalCount: segments.length,
    TotalResponseTime: rounded(segments.reduce((sum, each) => sum + durationOf(each), 0)),
  };
}

/** How many took how long, to the millisecond. */
function histogramOf(segments: readonly Segment[]): { Value: number; Count: number }[] {
  const groups = Map.groupBy(segments, (each) => rounded(durationOf(each)));
  return [...groups]
    .map(([value, of]) => ({ Value: value, Count: of.length }))
    .toSorted((left, right) => left.Value - right.Value);
}
