/** Where the server is and who asks, from the variables that AWS's own clients read. */
export interface Settings {
  /** `http://127.0.0.1:4566` */
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly region: string;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Without a key of its own the command is the administrator that every server has on loopback. */
export function readSettings(env: Environment, endpoint: string | undefined): Settings {
  const accessKeyId = given(env['AWS_ACCESS_KEY_ID']) ?? 'test';
  const secretAccessKey = given(env['AWS_SECRET_ACCESS_KEY']) ?? 'test';
  const sessionToken = given(env['AWS_SESSION_TOKEN']);
  const credentials = { accessKeyId, secretAccessKey };
  return {
    endpoint: endpointOf(endpoint ?? given(env['AWS_ENDPOINT_URL']) ?? 'http://127.0.0.1:4566'),
    credentials: sessionToken === undefined ? credentials : { ...credentials, sessionToken },
    region: given(env['AWS_REGION']) ?? given(env['AWS_DEFAULT_REGION']) ?? 'us-east-1',
  };
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CommandFailed(
      `The endpoint is an address such as http://127.0.0.1:4566, not ${text}.`,
    );
  }
  return url.origin;
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** What the user is told in one sentence, without a stack. */
export class CommandFailed extends Error {
  override get name(): string {
    return 'CommandFailed';
  }
}
