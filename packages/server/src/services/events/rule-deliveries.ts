/**
 * How EventBridge delivers to the targets of rules.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
import { pauseAfter } from '../../core/async-event.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { Delivery, DeliveryFailure, DeliveryKind } from '../deliveries.ts';
import type { EventForTarget } from '../hand-over.ts';
import type { RuleTarget } from './rule-record.ts';

/** What one target is to be sent. */
export interface RuleDelivery extends Delivery {
  readonly ruleArn: string;
  readonly account: string;
  readonly target: Omit<RuleTarget, 'input' | 'inputPath' | 'transformer'>;
  readonly body: string;
}

/** AWS: 24 hours and 185 times, unless the target says less. */
const AGE_SECONDS = 86_400;
const RETRIES = 185;

export const ruleDeliveries: DeliveryKind<RuleDelivery> = {
  table: 'events_deliveries',
  sender: ({ ruleArn, account }) => ({
    service: 'events.amazonaws.com',
    source: { arn: ruleArn, account },
  }),
  event: ({ target: { arn, messageGroupId }, body }) => ({ target: arn, body, messageGroupId }),
  deadLetter: (delivery, failure) => {
    const { deadLetterArn } = delivery.target;
    if (deadLetterArn === undefined) return undefined;
    return { target: deadLetterArn, body: delivery.body, attributes: whyOf(delivery, failure) };
  },
  pauseMs: pauseAfter,
  retries: ({ target }) => target.maximumRetryAttempts ?? RETRIES,
  ageSeconds: ({ target }) => target.maximumEventAgeSeconds ?? AGE_SECONDS,
};

function whyOf(
  { ruleArn, target }: RuleDelivery,
  { reason, attempts, error }: DeliveryFailure,
): EventForTarget['attributes'] {
  const text = (value: string): object => ({ DataType: 'String', StringValue: value });
  const { code, message } =
    error instanceof AwsError ? error : { code: 'SDK_CLIENT_ERROR', message: '' };
  return {
    RULE_ARN: text(ruleArn),
    TARGET_ARN: text(target.arn),
    ERROR_CODE: text(code),
    ...(message === '' ? {} : { ERROR_MESSAGE: text(message.slice(0, 1_024)) }),
    ...(reason === 'refused' ? {} : { EXHAUSTED_RETRY_CONDITION: text(reason) }),
    RETRY_ATTEMPTS: text(String(attempts)),
  };
}
