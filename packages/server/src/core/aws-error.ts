/**
 * An error of the AWS API, before any protocol has written it.
 *
 * `code` is the name AWS gives it (`ResourceNotFoundException`). The wire writes the body key,
 * status and headers from the service's schema where the error is modelled there; `status` is
 * for those that are not. Thrown by services and the gateway only; lower rooms throw their own
 * words and the service translates.
 */
export type Fault = 'client' | 'function' | 'platform';

export interface AwsErrorDetails {
  /** Further members of the error's shape, such as `Reason` or `Type`. */
  readonly members?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, details: AwsErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = status;
    this.members = details.members ?? {};
    this.headers = details.headers ?? {};
  }

  override get name(): string {
    return this.code;
  }

  get fault(): Fault {
    return this.status >= 500 ? 'platform' : 'client';
  }
}

/** What AWS answers when a value breaks a constraint of the API model. */
export function validationException(message: string): AwsError {
  return new AwsError('ValidationException', 400, message);
}

/** The typed answer of an operation that exists on AWS and not (yet) here. */
export function notImplemented(service: string, operation: string): AwsError {
  return new AwsError(
    'NotImplementedException',
    501,
    `Hearth does not implement ${service}:${operation} yet.`,
  );
}
