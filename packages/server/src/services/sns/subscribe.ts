import type { SubscribeInput, SubscribeResponse } from '@aws-sdk/client-sns';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { findTopic, keyOrNothing, topicPermission } from './find-topic.ts';
import { cannotYet, invalidParameter } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';
import { showAttributes, withAttribute } from './subscription-attributes.ts';
import { subscriptionArn, type SubscriptionRecord } from './subscription-record.ts';
import { subscriptionsOf } from './topics.ts';

type Input = Validated<SubscribeInput>;

/** AWS's that are not served here. */
const unserved = new Set([
  'http',
  'https',
  'email',
  'email-json',
  'sms',
  'application',
  'firehose',
]);

const functionForm =
  /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(?::(?:\$LATEST|[\w-]{1,128}))?$/;
const queueForm = /^arn:aws[\w-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}(?:\.fifo)?$/;

export function subscribe(room: SnsRoom): Operation<Input, SubscribeResponse> {
  return {
    name: 'Subscribe',
    permissions: (input, context) => {
      const { TopicArn: arn, Protocol: protocol, Endpoint: endpoint } = input;
      return [
        topicPermission(room, 'Subscribe', keyOrNothing(arn), context, {
          'sns:Protocol': protocol,
          ...(endpoint === undefined ? {} : { 'sns:Endpoint': endpoint }),
        }),
      ];
    },
    handle: async (input, context) => {
      const topic = findTopic(room, input.TopicArn);
      const { protocol, endpoint } = endpointOf(input, context);
      const { account, region } = topic;
      const made: SubscriptionRecord = {
        account,
        region,
        name: `${topic.name}:${room.ids.uuid()}`,
        owner: context.account,
        principal: principalOf(context),
        protocol,
        endpoint,
        isRaw: false,
        filterScope: 'MessageAttributes',
      };
      const wanted = Object.entries(input.Attributes ?? {}).reduce(
        (record, [name, value]) => withAttribute(record, name, value, 'Attributes Reason: '),
        made,
      );
      const there = subscriptionsOf(room, topic).find(
        (each) => each.protocol === protocol && each.endpoint === endpoint,
      );
      if (there !== undefined) return { SubscriptionArn: sameOrRefused(there, wanted, input) };
      await room.subscriptions.change(made, () => wanted);
      return { SubscriptionArn: subscriptionArn(made) };
    },
  };
}

function principalOf({ principal }: OperationContext): string {
  return principal.kind === 'service' ? principal.service : principal.arn;
}

function endpointOf(
  { Protocol: protocol, Endpoint: endpoint = '', TopicArn: topic }: Input,
  { account }: OperationContext,
): Pick<SubscriptionRecord, 'protocol' | 'endpoint'> {
  if (unserved.has(protocol)) throw cannotYet(`the protocol ${protocol} of subscriptions`);
  if (protocol !== 'lambda' && protocol !== 'sqs') {
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
  }
  if (protocol === 'sqs' && !queueForm.test(endpoint)) throw invalidParameter('SQS endpoint ARN');
  if (protocol === 'lambda' && !functionForm.test(endpoint)) {
    throw invalidParameter('Lambda endpoint ARN');
  }
  if (endpoint.endsWith('.fifo')) {
    throw invalidParameter(
      'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
    );
  }
  if (endpoint.split(':')[4] !== account) {
    // AWS sends the endpoint a token.
    throw cannotYet(`subscriptions that ${endpoint} has to confirm, to ${topic}`);
  }
  return { protocol, endpoint };
}

/** AWS: what is there already is answered again, where nothing else is asked for. */
function sameOrRefused(
  there: SubscriptionRecord,
  wanted: SubscriptionRecord,
  { Attributes: given = {} }: Input,
): string {
  const [shown, asked] = [showAttributes(there), showAttributes(wanted)];
  if (Object.keys(given).some((name) => shown[name] !== asked[name])) {
    throw invalidParameter(
      'Attributes Reason: Subscription already exists with different attributes',
    );
  }
  return subscriptionArn(there);
}
