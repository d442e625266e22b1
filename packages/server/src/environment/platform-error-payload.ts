/** The JSON that Lambda itself answers for a failed invocation, in AWS's order of members. */
export function platformErrorPayload(
  errorType: string,
  requestId: string,
  message: string,
): Uint8Array {
  const errorMessage = `RequestId: ${requestId} Error: ${message}`;
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}
