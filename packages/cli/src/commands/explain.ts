/** `hearth explain [request id]`: why a request was denied, and what would allow it. */
import { Command } from 'commander';
import { send } from '../hearth-client.ts';
import type { Surroundings } from '../program.ts';

interface Origin {
  readonly policy: string;
  readonly statement: object;
}

interface BriefDenial {
  readonly requestId: string;
  readonly at: string;
  readonly message: string;
}

interface Denial extends BriefDenial {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly deniedBy: readonly Origin[];
  readonly missing: readonly {
    readonly side: string;
    readonly statement: object;
    readonly butForCondition: readonly Origin[];
  }[];
}

export function explainCommand({ settings, print }: Surroundings): Command {
  return new Command('explain')
    .description('say why a request was denied, and what would allow it')
    .argument('[request-id]', 'as the client shows it; without one, the latest denials are listed')
    .option('--json', 'print JSON')
    .action(async (requestId: string | undefined, options: { json?: true }) => {
      const path = `/_hearth/denials${requestId === undefined ? '' : `/${encodeURIComponent(requestId)}`}`;
      const answer = await send<Denial | ListedDenials>(settings(), { method: 'GET', path });
      if (options.json === true) return print(JSON.stringify(answer, null, 2));
      for (const line of 'denials' in answer ? list(answer) : explain(answer)) print(line);
    });
}

interface ListedDenials {
  readonly denials: readonly BriefDenial[];
}

function list({ denials }: ListedDenials): readonly string[] {
  if (denials.length === 0)
    return ['No request of this account was denied since the server started.'];
  return denials.map(({ at, requestId, message }) => `${at}  ${requestId}  ${message}`);
}

function explain(denial: Denial): readonly string[] {
  return [
    denial.message,
    '',
    `principal  ${denial.principal}`,
    `action     ${denial.action}`,
    `resource   ${denial.resource}`,
    ...denial.deniedBy.flatMap(({ policy, statement }) => [
      '',
      `Denied by a statement of ${policy}:`,
      indented(statement),
    ]),
    ...denial.missing.flatMap(({ side, statement, butForCondition }) => [
      ...butForCondition.flatMap((near) => [
        '',
        `A statement of ${near.policy} would allow it, but its condition does not hold:`,
        indented(near.statement),
      ]),
      '',
      `Not allowed by ${places[side] ?? side}. The smallest statement that would allow it there:`,
      indented(statement),
    ]),
    ...layerHint(denial),
  ];
}

/** AWS denies what does not exist in the same words as what one may not see. */
function layerHint({ action, resource, principal }: Denial): readonly string[] {
  const [account, callers] = [resource, principal].map((arn) => arn.split(':')[4]);
  if (action !== 'lambda:GetLayerVersion' || account === callers) return [];
  return [
    '',
    `If account ${account} is not one of this server, take its layer over from a zip:`,
    `  npx hearth layer import ${resource} layer.zip`,
  ];
}

const places: Readonly<Record<string, string>> = {
  identity: "the principal's own policies (identity-based)",
  boundary: "the principal's permissions boundary",
  session: "the session's policies",
  resource: "the resource's own policy",
};

function indented(statement: object): string {
  return JSON.stringify(statement, null, 2).replaceAll(/^/gm, '  ');
}
