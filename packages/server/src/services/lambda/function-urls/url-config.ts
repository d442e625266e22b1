/** Function URLs as the API finds, shows and changes them. */
import type { Cors, FunctionUrlConfig } from '@aws-sdk/client-lambda';
import { functionArn } from '../../../core/function-version.ts';
import type { OperationContext, Permission } from '../../../core/operation.ts';
import type { FunctionRecord } from '../../../functions/function-record.ts';
import type { CorsRules, FunctionUrl } from '../../../functions/function-url.ts';
import { addressOf, functionPermission, type FunctionRequest } from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { notFound } from '../lambda-errors.ts';

export interface UrlOwner {
  readonly record: FunctionRecord;
  readonly alias: string | undefined;
  readonly url: FunctionUrl | undefined;
}

/** Of a function that is not there; AWS says the same of an alias that is not. */
export function noSuchFunction(): Error {
  return notFound('Function does not exist');
}

export function noSuchUrl(): Error {
  return notFound('The resource you requested does not exist.');
}

/** `missing` makes the error for a function that is not there. */
export function findUrlOwner(
  room: LambdaRoom,
  request: FunctionRequest,
  context: OperationContext,
  missing: () => Error,
): UrlOwner {
  const address = addressOf(room.functions, request, context);
  const record = room.functions.find(address);
  if (record === undefined) throw missing();
  const alias = address.qualifier;
  return { record, alias, url: record.urls?.find((each) => each.alias === alias) };
}

export function urlPermission(
  room: LambdaRoom,
  action: string,
  input: FunctionRequest & { readonly AuthType?: string | undefined },
  context: OperationContext,
): Permission {
  const permission = functionPermission(room.functions, action, input, context);
  if (input.AuthType === undefined) return permission;
  const conditions = { ...permission.conditions, 'lambda:FunctionUrlAuthType': input.AuthType };
  return { ...permission, conditions };
}

/** The record with this URL in the place of what the alias had; with none for undefined. */
export function withUrl(
  record: FunctionRecord,
  alias: string | undefined,
  url: FunctionUrl | undefined,
): FunctionRecord {
  const { urls = [] } = record;
  if (urls.length === 0 && url === undefined) return record;
  const others = urls.filter((each) => each.alias !== alias);
  return { ...record, urls: url === undefined ? others : [...others, url] };
}

export function showUrl(
  record: FunctionRecord,
  url: FunctionUrl,
  { endpoint }: Pick<OperationContext, 'endpoint'>,
): FunctionUrlConfig {
  return {
    ...showCreatedUrl(record, url, { endpoint }),
    LastModifiedTime: timestamp(url.modifiedMs),
  };
}

/** As CreateFunctionUrlConfig answers. */
export function showCreatedUrl(
  record: FunctionRecord,
  url: FunctionUrl,
  { endpoint }: Pick<OperationContext, 'endpoint'>,
): Omit<FunctionUrlConfig, 'LastModifiedTime'> {
  const { port } = new URL(endpoint);
  return {
    FunctionUrl: `http://${url.id}.lambda-url.${record.region}.localhost${port === '' ? '' : `:${port}`}/`,
    FunctionArn: functionArn(record, url.alias),
    AuthType: url.authType,
    CreationTime: timestamp(url.createdMs),
    ...(url.cors === undefined ? {} : { Cors: showCors(url.cors) }),
    InvokeMode: url.invokeMode,
  };
}

/** AWS: `2023-06-08T13:20:18.244654Z`, six digits. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

export function readCors(cors: Cors): CorsRules {
  return withoutUndefined({
    allowCredentials: cors.AllowCredentials,
    allowHeaders: cors.AllowHeaders,
    allowMethods: cors.AllowMethods,
    allowOrigins: cors.AllowOrigins,
    exposeHeaders: cors.ExposeHeaders,
    maxAgeSeconds: cors.MaxAge,
  });
}

function showCors(cors: CorsRules): Cors {
  const shown = {
    AllowCredentials: cors.allowCredentials,
    AllowHeaders: cors.allowHeaders,
    AllowMethods: cors.allowMethods,
    AllowOrigins: cors.allowOrigins,
    ExposeHeaders: cors.exposeHeaders,
    MaxAge: cors.maxAgeSeconds,
  };
  return withoutUndefined(shown) as Cors;
}

type Defined<Of> = { -readonly [Key in keyof Of]?: Exclude<Of[Key], undefined> };

function withoutUndefined<Of extends object>(values: Of): Defined<Of> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<Of>;
}
