/** The typed answer for an AWS service that Hearth does not serve, in a form its clients read. */
import type { RawResponse } from '../wire/raw-message.ts';
import { xmlText } from '../wire/xml-text.ts';
import type { RawHead } from './raw-request.ts';

export function answerUnserved(
  service: string,
  served: readonly string[],
  head: RawHead,
  requestId: string,
): RawResponse {
  const message = `Hearth does not serve ${service}. It serves ${served.join(', ')}.`;
  const isJson =
    head.headers['x-amz-target'] !== undefined ||
    (head.headers['content-type'] ?? '').includes('json');
  const body = isJson
    ? JSON.stringify({ __type: 'NotImplementedException', message })
    : errorDocument(service, message, requestId);
  return {
    status: 501,
    headers: {
      'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml',
      'x-amzn-errortype': 'NotImplementedException',
      'x-amzn-requestid': requestId,
    },
    body: Buffer.from(body),
  };
}

/** S3's error document stands alone; the query protocols wrap theirs. */
function errorDocument(service: string, message: string, requestId: string): string {
  const error = `<Code>NotImplemented</Code><Message>${xmlText(message)}</Message>`;
  const start = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (service === 's3') {
    return `${start}<Error>${error}<RequestId>${requestId}</RequestId></Error>`;
  }
  return `${start}<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}
