export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Of an SDK's client, as the root user of the usual account. */
export function clientSettings(endpoint: string, region = 'us-east-1'): ClientSettings {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region, credentials };
}
