/**
 * Hearth's own paths, below `/_hearth/`: never part of an AWS API. What is wrong with a request is
 * answered as `{ __type, message }`, as AWS's JSON protocols do.
 */
import { AwsError } from '../core/aws-error.ts';
import type { RawResponse } from '../wire/raw-message.ts';
import type { OwnRequest } from './own-request.ts';

/** One own path or a family of them; `undefined` means: not mine. */
export type OwnPath = (request: OwnRequest) => Promise<RawResponse | undefined>;

export async function answerOwnPath(
  paths: readonly OwnPath[],
  request: OwnRequest,
): Promise<RawResponse> {
  try {
    for (const path of paths) {
      const response = await path(request);
      if (response !== undefined) return response;
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return jsonResponse(error.status, { __type: error.code, message: error.message });
  }
  return jsonResponse(404, {
    message: `Hearth has no ${request.path}. GET /_hearth/ tells what is there.`,
  });
}

export function jsonResponse(status: number, value: object): RawResponse {
  const body = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** For a person with a browser, at the endpoint itself too. */
export function indexPath(version: string): OwnPath {
  const page = `Hearth ${version}

This is an endpoint for clients of AWS: the aws CLI, the SDKs, Terraform.

  /_hearth/health    what this server can do on this machine, and what it cannot
  /_hearth/metrics   for Prometheus

From Hearth's folder: npx hearth doctor, npx hearth explain
`;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  const answer = async (): Promise<RawResponse> => ({
    status: 200,
    headers,
    body: Buffer.from(page),
  });
  return reportPath(['/', '/_hearth', '/_hearth/'], answer);
}

export function healthPath(report: () => Promise<object>): OwnPath {
  return reportPath(['/_hearth/health'], async () => jsonResponse(200, await report()));
}

/** `GET /_hearth/metrics`. */
export function metricsPath(report: () => string, contentType: string): OwnPath {
  return reportPath(['/_hearth/metrics'], async () => ({
    status: 200,
    headers: { 'content-type': contentType },
    body: Buffer.from(report()),
  }));
}

/** For the host alone: a function has no business with the others' counts. */
function reportPath(own: readonly string[], answer: () => Promise<RawResponse>): OwnPath {
  return async ({ method, path, listener }) => {
    if (!own.includes(path) || listener !== 'public') return undefined;
    if (method !== 'GET' && method !== 'HEAD') return jsonResponse(405, { message: 'GET only.' });
    return await answer();
  };
}
