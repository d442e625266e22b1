/**
 * Settings that AWS has and Hearth cannot act on yet. Their neutral values (what AWS itself
 * answers when nothing was asked for) are accepted; anything else is refused with a sentence,
 * because a setting that is stored and ignored is a lie.
 */
import type {
  CreateFunctionRequest,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import { cannotYet } from './lambda-errors.ts';

type Shared = Pick<
  CreateFunctionRequest & UpdateFunctionConfigurationRequest,
  'KMSKeyArn' | 'FileSystemConfigs' | 'SnapStart' | 'CapacityProviderConfig' | 'DurableConfig'
>;

type Feature<Input> = readonly [what: string, isAsked: (input: Input) => boolean];

const shared: readonly Feature<Shared>[] = [
  ['customer managed keys (KMSKeyArn)', (input) => isFilled(input.KMSKeyArn)],
  ['file systems (FileSystemConfigs)', (input) => isFilled(input.FileSystemConfigs)],
  ['SnapStart', (input) => input.SnapStart?.ApplyOn === 'PublishedVersions'],
  ['capacity providers (CapacityProviderConfig)', (input) => isGiven(input.CapacityProviderConfig)],
  ['durable functions (DurableConfig)', (input) => isGiven(input.DurableConfig)],
];

const atCreation: readonly Feature<CreateFunctionRequest>[] = [
  ...shared,
  [
    'customer managed keys (Code.SourceKMSKeyArn)',
    (input) => isFilled(input.Code?.SourceKMSKeyArn),
  ],
  ['capacity providers (PublishTo)', (input) => isGiven(input.PublishTo)],
];

/** By operation, what of it is refused; for the reference page. */
export const featuresRefused: Readonly<Record<string, readonly string[]>> = {
  CreateFunction: atCreation.map(([what]) => what),
  UpdateFunctionConfiguration: shared.map(([what]) => what),
};

export function refuseAtCreation(input: CreateFunctionRequest): void {
  refuse(atCreation, input);
}

export function refuseAtUpdate(input: UpdateFunctionConfigurationRequest): void {
  refuse(shared, input);
}

/** The only target besides `$LATEST` itself is for functions on managed instances. */
export function refusePublishTo(input: { readonly PublishTo?: unknown }): void {
  if (isGiven(input.PublishTo)) throw cannotYet('capacity providers (PublishTo)');
}

function refuse<Input>(features: readonly Feature<Input>[], input: Input): void {
  const asked = features.find(([, isAsked]) => isAsked(input));
  if (asked !== undefined) throw cannotYet(asked[0]);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isFilled(value: string | readonly unknown[] | undefined): boolean {
  return isGiven(value) && value?.length !== 0;
}
