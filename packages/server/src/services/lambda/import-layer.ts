/**
 * `POST /_hearth/layers`: shows a layer version of this server under any other ARN too, for
 * functions that name a public layer of AWS or of somebody else; `DELETE` ends that. AWS has no
 * such operation, so this is our own: for administrators of the first account alone, and never from a sandbox. What
 * is imported may be used by every account, as what it stands for.
 */
import { AwsError, validationException } from '../../core/aws-error.ts';
import type { Permission } from '../../core/operation.ts';
import { DEFAULT_ACCOUNT } from '../../iam/accounts.ts';
import {
  layerVersionArn,
  parseLayerArn,
  type LayerKey,
  type LayerVersionRecord,
} from '../../functions/layer-record.ts';
import type { RawResponse } from '../../wire/raw-message.ts';
import { releaseCode } from './kept-code.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { layerVersionNotFound } from './layer-address.ts';

/** As the gateway hands it over. */
export interface ImportRequest {
  readonly method: string;
  readonly path: string;
  readonly listener: 'public' | 'sandbox';
  authenticate(): Promise<{
    readonly caller: { readonly account: string };
    readonly body: Uint8Array;
    authorise(permission: Permission): void;
  }>;
}

type Room = Pick<LambdaRoom, 'layers' | 'functions' | 'code' | 'clock'>;

export async function answerImport(
  room: Room,
  request: ImportRequest,
): Promise<RawResponse | undefined> {
  if (request.path !== '/_hearth/layers' || request.listener !== 'public') return undefined;
  const { method } = request;
  if (method !== 'POST' && method !== 'DELETE') {
    return json(405, { message: 'POST and DELETE only.' });
  }
  const signed = await request.authenticate();
  const { caller, body } = signed;
  if (caller.account !== DEFAULT_ACCOUNT) {
    throw new AwsError(
      'AccessDeniedException',
      403,
      `Layers are imported from account ${DEFAULT_ACCOUNT}, not from ${caller.account}.`,
    );
  }
  const given = parse(Buffer.from(body).toString('utf8'));
  if (method === 'DELETE') return await removeImported(room, signed, given);
  const { from, as } = readImport(given);
  // On every resource: the ARN names an account that need not be one of this server's.
  signed.authorise({ action: 'hearth:ImportLayer', resources: ['*'] });
  const source = room.layers.find(from);
  if (source === undefined || source.account !== caller.account) {
    throw layerVersionNotFound(layerVersionArn(from));
  }
  const earlier = room.layers.find(as);
  await room.layers.put(imported(source, as, room.clock.nowMs()));
  if (earlier !== undefined) await releaseCode(room, [earlier.code]);
  return json(201, { layerVersionArn: layerVersionArn(as), isReplaced: earlier !== undefined });
}

async function removeImported(
  room: Room,
  signed: Awaited<ReturnType<ImportRequest['authenticate']>>,
  given: unknown,
): Promise<RawResponse> {
  const { arn } = { arn: undefined, ...(given as { readonly arn?: unknown } | undefined) };
  const layer = versionKeyOf(arn);
  if (layer === undefined) throw validationException('The body is {"arn": "<layer version ARN>"}.');
  signed.authorise({ action: 'hearth:RemoveLayer', resources: ['*'] });
  const record = room.layers.find(layer);
  if (record?.isImported !== true) throw layerVersionNotFound(layerVersionArn(layer));
  // False when it was imported anew just now: what there is now is what goes.
  if (!(await room.layers.remove(record))) return await removeImported(room, signed, given);
  await releaseCode(room, [record.code]);
  return json(200, { layerVersionArn: layerVersionArn(layer) });
}

type LayerVersionKey = LayerKey & { readonly version: number };

function imported(
  source: LayerVersionRecord,
  as: LayerVersionKey,
  createdMs: number,
): LayerVersionRecord {
  const { revisionId: _, ...rest } = source;
  const statement = {
    Sid: 'imported',
    Effect: 'Allow' as const,
    Principal: '*',
    Action: 'lambda:GetLayerVersion',
    Resource: layerVersionArn(as),
  };
  const policy = { Version: '2012-10-17' as const, Id: 'default', Statement: [statement] };
  return { ...rest, ...as, createdMs, isImported: true, policy };
}

function readImport(given: unknown): { from: LayerVersionKey; as: LayerVersionKey } {
  if (typeof given === 'object' && given !== null) {
    const { from, as, ...more } = given as { readonly from?: unknown; readonly as?: unknown };
    const [source, target] = [from, as].map(versionKeyOf);
    if (source && target && Object.keys(more).length === 0) return { from: source, as: target };
  }
  throw validationException(
    'The body is {"from": "<layer version ARN>", "as": "<layer version ARN>"}.',
  );
}

function versionKeyOf(text: unknown): LayerVersionKey | undefined {
  if (typeof text !== 'string' || !text.startsWith('arn:aws:')) return undefined;
  const { version, ...layer } = parseLayerArn(text) ?? {};
  const isNumber = Number.isSafeInteger(version) && version !== undefined && version > 0;
  return isNumber && 'name' in layer ? { ...layer, version } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function json(status: number, value: object): RawResponse {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  return { status, headers: { 'content-type': 'application/json' }, body };
}
