/**
 * What a bucket's CORS configuration lets web pages do. It is also all that lets a page from
 * elsewhere through the guard of the public listener, to that bucket and to nothing else.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
import { AwsError } from '../../core/aws-error.ts';
import type { CorsRule } from '../../objects/bucket.ts';
import { s3AddressOf } from '../../wire/s3-address.ts';
import type { RawHead } from '../raw-request.ts';

export type CorsOf = (bucket: string) => readonly CorsRule[] | undefined;

/** The headers that tell a browser of the rule; undefined where none fits. */
export function corsHeaders(
  corsOf: CorsOf | undefined,
  head: RawHead,
): Record<string, string> | undefined {
  const { origin } = head.headers;
  const bucket = bucketOf(head);
  if (origin === undefined || bucket === undefined || corsOf === undefined) return undefined;
  const isPreflight = head.method === 'OPTIONS';
  const method = isPreflight ? (head.headers['access-control-request-method'] ?? '') : head.method;
  const asked = listOf(head.headers['access-control-request-headers']);
  const rule = (corsOf(bucket) ?? []).find(
    (each) =>
      each.AllowedMethods.includes(method) &&
      each.AllowedOrigins.some((pattern) => fits(pattern, origin)) &&
      (!isPreflight || asked.every((name) => allowsHeader(each, name))),
  );
  if (rule === undefined) return undefined;
  const isForAll = rule.AllowedOrigins.includes('*');
  const headers: Record<string, string> = {
    'access-control-allow-origin': isForAll ? '*' : origin,
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
  if (!isForAll) headers['access-control-allow-credentials'] = 'true';
  if (isPreflight && asked.length > 0) headers['access-control-allow-headers'] = asked.join(', ');
  if (rule.ExposeHeaders?.length) {
    headers['access-control-expose-headers'] = rule.ExposeHeaders.join(', ');
  }
  if (rule.MaxAgeSeconds !== undefined) {
    headers['access-control-max-age'] = String(rule.MaxAgeSeconds);
  }
  return headers;
}

export function corsRefused(): AwsError {
  return new AwsError(
    'AccessForbidden',
    403,
    'CORSResponse: This CORS request is not allowed. This is usually because the evalution of ' +
      'Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are ' +
      "not whitelisted by the resource's CORS spec.",
  );
}

function bucketOf(head: RawHead): string | undefined {
  try {
    return s3AddressOf(head).bucket;
  } catch (error) {
    // What cannot be read has no rules; the operation answers what is wrong with it.
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function allowsHeader(rule: CorsRule, name: string): boolean {
  return (rule.AllowedHeaders ?? []).some((pattern) => fits(pattern.toLowerCase(), name));
}

/** One `*` may stand anywhere. */
function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === text;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '');
}
