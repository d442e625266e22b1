import type {
  TestEventPatternRequest,
  TestEventPatternResponse,
} from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { parsedObject } from '../../lib/parsed-object.ts';
import type { Validated } from '../validated.ts';
import { checkPattern } from './put-rule.ts';

/** AWS documents that an event has to have all of these. */
const members = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];

export function testEventPattern(): Operation<
  Validated<TestEventPatternRequest>,
  TestEventPatternResponse
> {
  return {
    name: 'TestEventPattern',
    // AWS: it has no resource.
    permissions: () => [{ action: 'events:TestEventPattern', resources: ['*'] }],
    handle: async ({ EventPattern: pattern, Event: text }) => {
      const event = parsedObject(text);
      const missing = members.find((name) => event === undefined || !Object.hasOwn(event, name));
      // The words are ours.
      if (missing !== undefined) {
        const reason = event === undefined ? 'It is not a JSON object' : `It has no ${missing}`;
        throw validationException(`Parameter Event is not valid. Reason: ${reason}.`);
      }
      return { Result: checkPattern(pattern).matches(event) };
    },
  };
}
