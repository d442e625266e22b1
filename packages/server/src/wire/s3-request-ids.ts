/** The two ids that S3 gives a request, made of the one that Hearth knows it by. */

/** Sixteen characters, as `x-amz-request-id` has them. */
export function shortRequestId(requestId: string): string {
  return requestId.replaceAll('-', '').slice(0, 16).toUpperCase();
}

/** `x-amz-id-2`, which AWS's support asks for. */
export function extendedRequestId(requestId: string): string {
  return Buffer.from(requestId).toString('base64');
}
