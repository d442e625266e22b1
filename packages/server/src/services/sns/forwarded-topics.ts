/**
 * SNS, which another server serves: what a caller may do is decided here, everything else there. The
 * policies of topics are the upstream's.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 */
import {
  serviceOf,
  type Operation,
  type OperationContext,
  type Permission,
  type Service,
} from '../../core/operation.ts';
import { loadServiceModel } from '../../wire/service-model.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Upstream } from '../upstream.ts';

export function createForwardedTopics(upstream: Upstream): Service {
  const names = [...loadServiceModel('sns').operations.keys()];
  const operations = names.map((name): Operation<AboutTopic> => ({
    name,
    permissions: (input, context) => [permissionOf(name, input, context)],
    handle: (input, context) => upstream.send(name, input, context),
  }));
  return serviceOf('sns', operations);
}

/** What the inputs of SNS have in them of whom they are about. */
interface AboutTopic {
  readonly TopicArn?: string;
  readonly TargetArn?: string;
  readonly ResourceArn?: string;
  readonly Name?: string;
  readonly Protocol?: string;
  readonly Endpoint?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
}

/** A topic there belongs to whoever asks here, whatever account its ARN names: identity policies decide. */
function permissionOf(name: string, input: AboutTopic, context: OperationContext): Permission {
  return {
    // AWS: a batch needs what one message needs.
    action: `sns:${name === 'PublishBatch' ? 'Publish' : name}`,
    resources: [topicOf(name, input, context)],
    resourceAccount: context.account,
    conditions: conditionsOf(input),
  };
}

/** AWS: subscriptions, phones and applications for phones are no resources of policies. */
function topicOf(
  name: string,
  { TopicArn: topic, TargetArn: target, ResourceArn: resource, Name: called }: AboutTopic,
  { account, region }: OperationContext,
): string {
  if (name === 'CreateTopic') return `arn:aws:sns:${region}:${account}:${called ?? ''}`;
  return topic ?? target ?? resource ?? '*';
}

function conditionsOf({
  Protocol: protocol,
  Endpoint: endpoint,
  Tags: tags,
}: AboutTopic): NonNullable<Permission['conditions']> {
  return {
    ...(protocol === undefined ? {} : { 'sns:Protocol': protocol }),
    ...(endpoint === undefined ? {} : { 'sns:Endpoint': endpoint }),
    ...requestTagConditions(tagRecord(tags)),
  };
}
