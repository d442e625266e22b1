/**
 * CloudWatch Logs' filter patterns: terms, JSON patterns in braces, space-delimited patterns in
 * brackets (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
 */
import { parseJsonPattern } from './json-pattern.ts';
import { parseSpacePattern } from './space-pattern.ts';
import { parseTermPattern } from './term-pattern.ts';

/** Whether an event's message matches. */
export type MessageMatcher = (message: string) => boolean;

/** Throws `InvalidFilterPattern`. The empty pattern matches everything. */
export function parseFilterPattern(pattern: string): MessageMatcher {
  const text = pattern.trim();
  if (text.startsWith('{')) return parseJsonPattern(text);
  if (text.startsWith('[')) return parseSpacePattern(text);
  return parseTermPattern(text);
}
