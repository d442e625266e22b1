import type {
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
} from '@aws-sdk/client-sts';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import { decideWebIdentity } from '../../iam/assume-role.ts';
import { rootPrincipal } from '../../iam/credentials.ts';
import { startSession } from '../../iam/role-sessions.ts';
import { readWebIdentity, webIdentityKeys, type Claims } from '../../iam/web-identity.ts';
import { noWebIdentityKeys } from '../../iam/web-identity-keys.ts';
import type { Validated } from '../validated.ts';
import { checkDuration, HOUR_SECONDS } from './assume-role.ts';
import type { StsDeps } from './deps.ts';
import { describeCredentials } from './describe-credentials.ts';
import { readSession } from './session-attributes.ts';

type Input = Validated<AssumeRoleWithWebIdentityRequest>;

/** The caller needs no credentials: the token of a provider that the role's account knows is one. */
export function assumeRoleWithWebIdentity(
  deps: StsDeps,
): Operation<Input, AssumeRoleWithWebIdentityResponse> {
  return {
    name: 'AssumeRoleWithWebIdentity',
    isUnsigned: true,
    permissions: () => [],
    async handle(input, context) {
      const { identities, clock, webIdentityKeys: keys = noWebIdentityKeys } = deps;
      const account = accountOf(input.RoleArn);
      const nowMs = clock.nowMs();
      const providerOf = (name: string) => identities.openIdProviders.find(account, name);
      const identity = readWebIdentity(input.WebIdentityToken, { keys, nowMs, providerOf });
      const read = readSession(deps, rootPrincipal(account), sessionInput(input, identity.claims));
      const { session, packedPercent, actions } = read;
      const conditions = {
        ...read.keys,
        ...webIdentityKeys(identity),
        'sts:RoleSessionName': input.RoleSessionName,
      };
      const role = decide(deps, context, input, identity.provider.name, conditions, actions);
      const seconds = input.DurationSeconds ?? HOUR_SECONDS;
      checkDuration(seconds, role, rootPrincipal(account));
      const { RoleSessionName: sessionName } = input;
      const started = startSession(deps, role, sessionName, nowMs + seconds * 1000, session);
      return {
        Credentials: describeCredentials(started.credentials),
        SubjectFromWebIdentityToken: identity.subject,
        AssumedRoleUser: { AssumedRoleId: started.principal.userId, Arn: started.principal.arn },
        ...(packedPercent === undefined ? {} : { PackedPolicySize: packedPercent }),
        Provider: identity.issuer,
        Audience: identity.audience,
        ...(session?.sourceIdentity === undefined
          ? {}
          : { SourceIdentity: session.sourceIdentity }),
      };
    },
  };
}

function decide(
  { identities }: StsDeps,
  { sourceIp, region }: OperationContext,
  input: Input,
  providerName: string,
  conditions: Parameters<typeof decideWebIdentity>[1]['conditions'],
  sessionActions: readonly string[],
): Extract<ReturnType<typeof decideWebIdentity>, { isAllowed: true }>['role'] {
  const decision = decideWebIdentity(identities, {
    arn: input.RoleArn,
    providerName,
    conditions,
    actions: ['sts:AssumeRoleWithWebIdentity', ...sessionActions],
    from: { sourceIp, region },
  });
  if (!decision.isAllowed) throw decision.error;
  return decision.role;
}

/** AWS: tags and the source identity of the session come with the token, not with the request. */
function sessionInput(input: Input, claims: Claims): Parameters<typeof readSession>[2] {
  const given = claims['https://aws.amazon.com/tags'] as SessionTags | undefined;
  const tags = Object.entries(given?.principal_tags ?? {}).map(([Key, values]) => ({
    Key,
    Value: [values].flat().map(String).join(':'),
  }));
  const sourceIdentity = claims['https://aws.amazon.com/source_identity'];
  return {
    RoleArn: input.RoleArn,
    RoleSessionName: input.RoleSessionName,
    ...(input.Policy === undefined ? {} : { Policy: input.Policy }),
    ...(input.PolicyArns === undefined ? {} : { PolicyArns: input.PolicyArns }),
    Tags: tags,
    TransitiveTagKeys: [given?.transitive_tag_keys ?? []].flat().map(String),
    ...(typeof sourceIdentity === 'string' ? { SourceIdentity: sourceIdentity } : {}),
  };
}

interface SessionTags {
  readonly principal_tags?: Readonly<Record<string, unknown>>;
  readonly transitive_tag_keys?: unknown;
}

function accountOf(arn: string): string {
  const account = /^arn:aws:iam::(\d{12}):role\/./.exec(arn)?.[1];
  if (account !== undefined) return account;
  throw new AwsError('ValidationError', 400, `${arn} is invalid`);
}
