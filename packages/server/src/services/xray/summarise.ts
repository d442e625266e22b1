/** A trace as GetTraceSummaries tells it. */
import type {
  AnnotationValue,
  Http as HttpSummary,
  ServiceId,
  TraceSummary,
  TraceUser,
  ValueWithServiceIds,
} from '@aws-sdk/client-xray';
import { durationOf, withSubsegments, type Segment } from './segment.ts';
import { rootOf, rounded, traceDuration, type Trace } from './trace.ts';

/**
 * AWS documents the faults and errors as those of the root segment; its own filter finds a trace
 * whose function failed while Lambda itself answered 200, so those of every segment count here.
 */
export function summarise(trace: Trace, owner: { readonly account: string }): TraceSummary {
  const { segments } = trace;
  const root = rootOf(trace);
  const first = segments[0];
  return {
    Id: trace.id,
    ...(first === undefined ? {} : { StartTime: dateOf(first.start_time) }),
    Duration: traceDuration(trace),
    ...(root === undefined ? {} : { ResponseTime: rounded(durationOf(root)) }),
    HasFault: segments.some((each) => each.fault === true),
    HasError: segments.some((each) => each.error === true),
    HasThrottle: segments.some((each) => each.throttle === true),
    IsPartial: segments.some((each) => each.in_progress === true),
    Http: httpOf(root),
    Annotations: annotationsOf(segments, owner),
    Users: usersOf(segments, owner),
    ServiceIds: unique(segments.map((each) => serviceIdOf(each, owner))),
    ResourceARNs: [...new Set(segments.flatMap(resourcesOf))].map((arn) => ({ ARN: arn })),
    InstanceIds: ec2Of(segments, 'instance_id').map((id) => ({ Id: id })),
    AvailabilityZones: ec2Of(segments, 'availability_zone').map((name) => ({ Name: name })),
    ...(root === undefined ? {} : { EntryPoint: serviceIdOf(root, owner) }),
    Revision: trace.documents,
  };
}

export function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

export function serviceIdOf(segment: Segment, owner: { readonly account: string }): ServiceId {
  const { name, origin, aws } = segment;
  const account = aws?.['account_id'];
  return {
    Name: name,
    Names: [name],
    AccountId: typeof account === 'string' ? account : owner.account,
    ...(origin === undefined ? {} : { Type: origin }),
  };
}

function annotationValue(value: unknown): AnnotationValue | undefined {
  if (typeof value === 'string') return { StringValue: value };
  if (typeof value === 'number') return { NumberValue: value };
  return typeof value === 'boolean' ? { BooleanValue: value } : undefined;
}

function httpOf(root: Segment | undefined): HttpSummary {
  const { request, response } = root?.http ?? {};
  return {
    ...textMember('HttpURL', request?.url),
    ...(typeof response?.status === 'number' ? { HttpStatus: response.status } : {}),
    ...textMember('HttpMethod', request?.method),
    ...textMember('UserAgent', request?.user_agent),
    ...textMember('ClientIp', request?.client_ip),
  };
}

function textMember(name: keyof HttpSummary, value: unknown): HttpSummary {
  return typeof value === 'string' ? { [name]: value } : {};
}

function annotationsOf(
  segments: readonly Segment[],
  owner: { readonly account: string },
): Record<string, ValueWithServiceIds[]> {
  const found = new Map<string, Map<string, { value: AnnotationValue; services: ServiceId[] }>>();
  for (const segment of segments) {
    const service = serviceIdOf(segment, owner);
    for (const part of withSubsegments(segment)) {
      for (const [key, each] of Object.entries(part.annotations ?? {})) {
        const value = annotationValue(each);
        if (value === undefined) continue;
        const values =
          found.get(key) ?? new Map<string, { value: AnnotationValue; services: ServiceId[] }>();
        found.set(key, values);
        const known = values.get(JSON.stringify(value)) ?? { value, services: [] };
        values.set(JSON.stringify(value), known);
        known.services.push(service);
      }
    }
  }
  const told = [...found].map(([key, values]) => [
    key,
    [...values.values()].map(({ value, services }) => ({
      AnnotationValue: value,
      ServiceIds: unique(services),
    })),
  ]);
  return Object.fromEntries(told) as Record<string, ValueWithServiceIds[]>;
}

function usersOf(segments: readonly Segment[], owner: { readonly account: string }): TraceUser[] {
  const named = segments.filter((each) => each.user !== undefined);
  return [...Map.groupBy(named, (each) => each.user ?? '')].map(([user, of]) => ({
    UserName: user,
    ServiceIds: unique(of.map((each) => serviceIdOf(each, owner))),
  }));
}

export function resourcesOf({ resource_arn: arn, aws }: Segment): readonly string[] {
  const functionArn = aws?.['function_arn'];
  return [arn, functionArn].filter((each) => typeof each === 'string');
}

function ec2Of(segments: readonly Segment[], member: string): readonly string[] {
  const found = segments.map((each) => {
    const ec2 = each.aws?.['ec2'] as Readonly<Record<string, unknown>> | null | undefined;
    return typeof ec2 === 'object' ? ec2?.[member] : undefined;
  });
  return [...new Set(found.filter((each) => typeof each === 'string'))];
}

function unique(services: readonly ServiceId[]): ServiceId[] {
  return [...new Map(services.map((each) => [JSON.stringify(each), each])).values()];
}
