/** An alias as a request asks for it, checked; as it is found; and as the API shows it. */
import type { AliasConfiguration, AliasRoutingConfiguration } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { FunctionKey, AliasRecord, FunctionRecord } from '../../functions/function-record.ts';
import { functionNotFound, invalidParameter, untypedRefusal } from './lambda-errors.ts';

export interface Pointing {
  readonly version: string;
  readonly routing?: { readonly version: string; readonly weight: number };
}

/** Throws where AWS refuses to point there. Without weights there is no routing. */
export function pointTo(
  record: FunctionRecord,
  version: string,
  asked: AliasRoutingConfiguration | undefined,
): Pointing {
  const weights = Object.entries(asked?.AdditionalVersionWeights ?? {});
  if (weights.length > 1) {
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  }
  const [first] = weights;
  if (first === undefined) {
    checkVersion(record, version);
    return { version };
  }
  const [other, weight] = first;
  if (version === '$LATEST') {
    // AWS: without a type.
    throw untypedRefusal('$LATEST is not supported for an alias pointing to more than 1 version');
  }
  if (other === version) {
    throw invalidParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  }
  checkVersion(record, version);
  checkVersion(record, other);
  checkSameOwners(record, version, other);
  return { version, routing: { version: other, weight } };
}

export function showAlias(owner: FunctionKey, alias: AliasRecord): AliasConfiguration {
  const { name, version, description, routing, revisionId } = alias;
  return {
    AliasArn: functionArn(owner, name),
    Name: name,
    FunctionVersion: version,
    Description: description,
    ...(routing === undefined
      ? {}
      : { RoutingConfig: { AdditionalVersionWeights: { [routing.version]: routing.weight } } }),
    RevisionId: revisionId,
  };
}

function checkVersion(record: FunctionRecord, version: string): void {
  const isThere = record.versions?.some((each) => each.version === version) === true;
  if (version !== '$LATEST' && !isThere) throw functionNotFound(record, version);
}

/** AWS: both versions of a routed alias have one role and one dead-letter queue; its wording is not known. */
function checkSameOwners(record: FunctionRecord, ...numbers: readonly string[]): void {
  const versions = record.versions?.filter(({ version }) => numbers.includes(version)) ?? [];
  const differ = (name: 'role' | 'deadLetterArn'): boolean =>
    new Set(versions.map(({ settings }) => settings[name])).size > 1;
  if (differ('role')) {
    throw invalidParameter(
      'The versions that an alias points to must have the same execution role.',
    );
  }
  if (differ('deadLetterArn')) {
    throw invalidParameter(
      'The versions that an alias points to must have the same dead-letter queue.',
    );
  }
}
