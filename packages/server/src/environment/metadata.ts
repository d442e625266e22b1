/**
 * The metadata endpoint of an environment: where it runs. Mirrors AWS's "Using the Lambda metadata
 * endpoint" (2026-01-15).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';

export const METADATA_PATH = '/2026-01-15/metadata/execution-environment';

export interface Metadata {
  /** What a request has to bring; known to the environment's programs alone. */
  readonly token: string;
  readonly region: string;
}

export function serveMetadata(
  { token, region }: Metadata,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.method !== 'GET') {
    response.writeHead(405).end();
    return;
  }
  if (!isBearer(request.headers.authorization ?? '', token)) {
    response.writeHead(401).end();
    return;
  }
  const body = JSON.stringify({ AvailabilityZoneID: zoneId(region) });
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'private, max-age=43200, immutable',
  });
  response.end(body);
}

const directions: Readonly<Record<string, string>> = {
  northeast: 'ne',
  southeast: 'se',
  northwest: 'nw',
  southwest: 'sw',
};

/** `use1-az1` for us-east-1: AWS's short form of a region, and the one zone of this machine. */
export function zoneId(region: string): string {
  const [area = '', ...rest] = region.split('-');
  const short = rest.map(
    (part) => directions[part] ?? (/^\d/.test(part) ? part : part.slice(0, 1)),
  );
  return `${area}${short.join('')}-az1`;
}

function isBearer(header: string, token: string): boolean {
  const given = Buffer.from(header);
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
