/**
 * The way of one request of a registry's client (`docker push`, `skopeo copy`), below `/v2/`: who it is
 * stands in the password that GetAuthorizationToken gave, and what ECR's operations would need is
 * asked of IAM. Bodies stream both ways.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorise } from '../../iam/authorise.ts';
import type { ListenerKind } from '../../iam/credentials.ts';
import { AuthorizationDenied } from '../../iam/explain-denial.ts';
import type { Identities } from '../../iam/identities.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ImageRegistry } from '../../registry/image-registry.ts';
import type { RepositoryKey } from '../../registry/repository.ts';
import type { LayerLinks } from '../../registry/layer-links.ts';
import type { Uploads } from '../../registry/uploads.ts';
import { repositoryPermission } from '../../services/ecr/find-repository.ts';
import { readLogin, type Login } from '../../services/ecr/registry-login.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { RawHead } from '../raw-request.ts';
import { writeResponse } from '../s3/write-response.ts';
import { answerBlob, type RegistryAnswer } from './answer-blob.ts';
import { answerManifest, answerTags } from './answer-manifest.ts';
import { answerUpload, beginUpload } from './answer-upload.ts';
import { asRegistryError, RegistryError } from './registry-error.ts';
import { actionOf, routeOf, type RegistryRoute } from './registry-route.ts';

export interface RegistryDeps {
  readonly identities: Identities;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: ImageRegistry;
  readonly uploads: Uploads;
  readonly links: LayerLinks;
}

export interface RegistryRequest {
  readonly id: string;
  readonly listener: ListenerKind;
  readonly head: RawHead;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly bodies: BodyBudget;
}

/** A request that has been let in. */
export interface RegistryCall {
  readonly deps: RegistryDeps;
  readonly request: RegistryRequest;
  readonly login: Login;
  /** Throws what a caller is told who may not do this. */
  authorise(action: string, key: RepositoryKey): void;
}

export async function answerRegistry(deps: RegistryDeps, request: RegistryRequest): Promise<void> {
  const { response, message } = request;
  let answer: RegistryAnswer;
  try {
    answer = await perform(deps, request);
  } catch (error) {
    if (message.destroyed && !message.complete) return response.destroy() && undefined;
    answer = errorAnswer(deps, request, error);
  }
  const headers = { 'docker-distribution-api-version': 'registry/2.0', ...answer.headers };
  const body = answer.body ?? new Uint8Array(0);
  const head = { status: answer.status, headers, body };
  await writeResponse(response, head, answer.stream, !message.complete);
}

async function perform(deps: RegistryDeps, request: RegistryRequest): Promise<RegistryAnswer> {
  const { head } = request;
  const route = routeOf(head.path);
  const linked = route?.kind === 'blob' ? deps.links.ownerOf(head.path, head.query) : undefined;
  if (route?.kind === 'blob' && linked !== undefined && head.method === 'GET') {
    return await answerBlob({ deps, request }, { ...linked, name: route.name }, route.digest);
  }
  const login = logIn(deps, request);
  if (route === undefined) throw new RegistryError(404, 'NAME_INVALID', 'There is no such path.');
  const action = actionOf(route, head.method);
  if (action === undefined) throw unsupported();
  const call: RegistryCall = {
    deps,
    request,
    login,
    authorise: (wanted, key) =>
      allow(deps, request, login, repositoryPermission(deps.registry, wanted, key)),
  };
  if (route.kind === 'version') {
    allow(deps, request, login, { action: `ecr:${action}`, resources: ['*'] });
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{}'),
    };
  }
  const key = keyOf(head, login, route.name);
  call.authorise(action, key);
  const repository = deps.registry.repository(key);
  if (repository === undefined) throw unknownName(key);
  return await answerRoute(call, route, key);
}

async function answerRoute(
  call: RegistryCall,
  route: Exclude<RegistryRoute, { kind: 'version' }>,
  key: RepositoryKey,
): Promise<RegistryAnswer> {
  switch (route.kind) {
    case 'blob':
      return await answerBlob(call, key, route.digest);
    case 'uploads':
      return await beginUpload(call, key);
    case 'upload':
      return await answerUpload(call, key, route.id);
    case 'manifest':
      return await answerManifest(call, key, route.reference);
    case 'tags':
      return answerTags(call, key);
  }
}

function logIn({ identities }: RegistryDeps, { head, listener }: RegistryRequest): Login {
  const given = /^Basic\s+(\S+)$/i.exec(head.headers['authorization'] ?? '')?.[1] ?? '';
  const text = Buffer.from(given, 'base64').toString();
  const [user, password] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  const login = user === 'AWS' ? readLogin(identities, password, listener) : undefined;
  if (login !== undefined) return login;
  const realm = `Basic realm="http://${head.headers['host'] ?? 'localhost'}/",service="ecr.amazonaws.com"`;
  const message =
    given === ''
      ? 'no basic auth credentials'
      : 'Your authorization token is not valid, or has expired. Reauthenticate and try again.';
  throw new RegistryError(401, 'UNAUTHORIZED', message, { 'www-authenticate': realm });
}

function allow(
  { identities }: RegistryDeps,
  { message, id }: RegistryRequest,
  { principal, region }: Login,
  permission: ReturnType<typeof repositoryPermission>,
): void {
  const attributes = {
    service: 'ecr',
    sourceIp: message.socket.remoteAddress,
    isSecureTransport: false,
    region,
  };
  const decision = authorise(identities, principal, [permission], attributes);
  if (decision.isAllowed) return;
  // For `hearth explain`.
  if (decision.error instanceof AuthorizationDenied) {
    identities.denials.note(id, decision.error.denial);
  }
  throw new RegistryError(403, 'DENIED', decision.error.message, { 'x-amzn-requestid': id });
}

/** A host name of ECR says whose registry is meant; elsewhere it is that of who has logged in. */
function keyOf({ headers }: RawHead, { account, region }: Login, name: string): RepositoryKey {
  const [, hostAccount = account, hostRegion = region] =
    ECR_HOST.exec((headers['host'] ?? '').toLowerCase()) ?? [];
  return { account: hostAccount, region: hostRegion, name };
}

const ECR_HOST = /^(\d{12})\.dkr[.-]ecr\.([a-z0-9-]+)\./;

function unknownName({ name, account }: RepositoryKey): RegistryError {
  return new RegistryError(
    404,
    'NAME_UNKNOWN',
    `The repository with name '${name}' does not exist in the registry with id '${account}'`,
  );
}

function unsupported(): RegistryError {
  return new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.');
}

function errorAnswer(
  { logger }: RegistryDeps,
  { id }: RegistryRequest,
  error: unknown,
): RegistryAnswer {
  const known = asRegistryError(error);
  if (known === undefined)
    logger.error('request.failed', { requestId: id, operation: 'registry', error });
  const { status, code, message, headers } =
    known ??
    new RegistryError(
      500,
      'UNKNOWN',
      `Hearth failed to serve this request; its log has the reason under request id ${id}.`,
    );
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message }] }));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}
