/**
 * How SNS delivers to functions and queues: what they cannot take now again and again for 23 days.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
import type { DeliveryKind } from '../deliveries.ts';
import { eventFor, messageFor, type SnsDelivery } from './notification.ts';

/** AWS: three times at once, twice after a second, ten times with growing pauses, then every 20 s. */
const [AT_ONCE, AFTER_A_SECOND, GROWING, LATER] = [3, 2, 10, 100_000];
const LONGEST_PAUSE_MS = 20_000;
const AGE_SECONDS = 23 * 86_400;

export const topicDeliveries: DeliveryKind<SnsDelivery> = {
  table: 'sns_deliveries',
  sender: ({ topicArn, account }) => ({
    service: 'sns.amazonaws.com',
    source: { arn: topicArn, account },
  }),
  event: eventFor,
  deadLetter: (delivery) =>
    delivery.deadLetterArn === undefined ? undefined : messageFor(delivery, delivery.deadLetterArn),
  pauseMs: (attempts) => {
    if (attempts < AT_ONCE) return 0;
    const slow = attempts - AT_ONCE - AFTER_A_SECOND;
    return slow < 0 ? 1_000 : Math.min(LONGEST_PAUSE_MS, 1_000 * LONGEST_PAUSE ** (slow / GROWING));
  },
  retries: () => AT_ONCE + AFTER_A_SECOND + GROWING + LATER,
  ageSeconds: () => AGE_SECONDS,
};

/** From one second to the longest in that many steps. */
const LONGEST_PAUSE = LONGEST_PAUSE_MS / 1_000;
