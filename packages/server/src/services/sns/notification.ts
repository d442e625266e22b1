/**
 * What a subscriber gets: an event of Lambda, or a message of SQS, with the notification around the message or
 * raw. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
import type { Delivery } from '../deliveries.ts';
import type { EventForTarget } from '../hand-over.ts';
import { forQueue, shown, type KeptAttributes } from './message-attributes.ts';

/** A message on its way to one subscriber. */
export interface SnsDelivery extends Delivery {
  readonly topicArn: string;
  readonly account: string;
  readonly subscriptionArn: string;
  readonly endpoint: string;
  readonly isRaw: boolean;
  readonly deadLetterArn?: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: KeptAttributes;
  readonly signatureVersion: string;
  /** Where who published has reached the server. */
  readonly serverUrl: string;
}

export function eventFor(delivery: SnsDelivery): EventForTarget {
  const target = delivery.endpoint;
  return target.split(':')[2] === 'lambda'
    ? { target, body: JSON.stringify(lambdaEvent(delivery)) }
    : messageFor(delivery, target);
}

/** For a queue, also the one for dead letters. */
export function messageFor(delivery: SnsDelivery, target: string): EventForTarget {
  if (!delivery.isRaw) return { target, body: JSON.stringify(notification(delivery)) };
  const attributes = forQueue(delivery.attributes);
  const hasSome = Object.keys(attributes).length > 0;
  return { target, body: delivery.message, ...(hasSome ? { attributes } : {}) };
}

function notification(delivery: SnsDelivery): object {
  const { subject, attributes } = delivery;
  return {
    ...head(delivery),
    ...(subject === undefined ? {} : { Subject: subject }),
    ...tail(delivery),
    SigningCertURL: '',
    UnsubscribeURL: unsubscribeUrl(delivery),
    ...(Object.keys(attributes).length === 0 ? {} : { MessageAttributes: shown(attributes) }),
  };
}

/** AWS: here addresses are written otherwise, and what is missing is null. */
function lambdaEvent(delivery: SnsDelivery): object {
  const record = {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: delivery.subscriptionArn,
    Sns: {
      ...head(delivery),
      Subject: delivery.subject ?? null,
      ...tail(delivery),
      SigningCertUrl: '',
      UnsubscribeUrl: unsubscribeUrl(delivery),
      MessageAttributes: shown(delivery.attributes),
    },
  };
  return { Records: [record] };
}

function head({ messageId, topicArn }: SnsDelivery): object {
  return { Type: 'Notification', MessageId: messageId, TopicArn: topicArn };
}

/** Nothing is signed here: only Amazon has the key to a certificate that receivers trust. */
function tail({ message, createdMs, signatureVersion }: SnsDelivery): object {
  return {
    Message: message,
    Timestamp: new Date(createdMs).toISOString(),
    SignatureVersion: signatureVersion,
    Signature: '',
  };
}

function unsubscribeUrl({ serverUrl, subscriptionArn }: SnsDelivery): string {
  return `${serverUrl}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;
}
