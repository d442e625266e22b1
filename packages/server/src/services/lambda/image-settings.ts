/** Functions whose code is a container image: how they are asked for, checked and shown. */
import type {
  CreateFunctionRequest,
  FunctionCodeLocation,
  FunctionConfiguration,
  ImageConfig,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import type { CodeReference } from '../../core/function-version.ts';
import type { ImageSettings } from '../../functions/function-record.ts';
import type { CodeSource } from './code-source.ts';
import { notValid, type ImageAsker } from './images/function-images.ts';
import { parseImageAddress } from './images/image-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';

type ImageSource = CodeSource & { readonly ImageUri?: string | undefined };

interface Packaged {
  readonly image?: ImageSettings | undefined;
}

/** What a function with an image has in the place of a zip; nothing is on disk. */
export const NO_ZIP: CodeReference = { sha256: '', sizeBytes: 0 };

/** Undefined for a function of a zip. Throws for what AWS refuses of either. */
export function imageOfNew(input: CreateFunctionRequest): ImageSettings | undefined {
  if (input.PackageType !== 'Image') {
    refuseImageConfig(input.ImageConfig);
    return undefined;
  }
  refuseZipSettings(input);
  const uri = imageUriOf(input.Code ?? {}, 'creating');
  return withConfig({ uri }, input.ImageConfig);
}

/** The image after an update of the configuration; `ImageConfig` replaces all that there was. */
export function imageAfterUpdate(
  { image }: Packaged,
  input: UpdateFunctionConfigurationRequest,
): ImageSettings | undefined {
  if (image === undefined) {
    refuseImageConfig(input.ImageConfig);
    return undefined;
  }
  refuseZipSettings(input);
  return input.ImageConfig === undefined ? image : withConfig(image, input.ImageConfig);
}

/** The image after an update of the code; throws where it is of the other kind of package. */
export function imageAfterCodeUpdate(
  { image }: Packaged,
  source: ImageSource,
): ImageSettings | undefined {
  if (image !== undefined) return { ...image, uri: imageUriOf(source, 'updating') };
  if (source.ImageUri === undefined) return undefined;
  throw invalidParameter(
    "Please don't provide ImageUri when updating a function with packageType Zip.",
  );
}

/** With what its address stands for now. */
export async function resolveImage(
  { images }: Pick<LambdaRoom, 'images'>,
  { uri, config }: ImageSettings,
  asker: ImageAsker,
): Promise<ImageSettings> {
  const resolved = await images.resolve(uri, asker);
  return { uri, ...resolved, ...(config === undefined ? {} : { config }) };
}

/** Code signing, runtime management: what AWS has for zips alone. Its wording is not known. */
export function refuseForImage({ image }: Packaged, what: string): void {
  if (image === undefined) return;
  throw invalidParameter(`${what} is not supported for functions with packageType Image.`);
}

export function showImage(image: ImageSettings): Partial<FunctionConfiguration> {
  const { config } = image;
  const digest = digestOf(image);
  return {
    PackageType: 'Image',
    // AWS: the image's digest.
    ...(digest === undefined ? {} : { CodeSha256: digest }),
    ...(config === undefined
      ? {}
      : {
          ImageConfigResponse: {
            ImageConfig: {
              ...(config.entryPoint === undefined ? {} : { EntryPoint: [...config.entryPoint] }),
              ...(config.command === undefined ? {} : { Command: [...config.command] }),
              ...(config.workingDirectory === undefined
                ? {}
                : { WorkingDirectory: config.workingDirectory }),
            },
          },
        }),
  };
}

export function showImageCode(image: ImageSettings): FunctionCodeLocation {
  const { uri } = image;
  const digest = digestOf(image);
  const repository = uri.replace(/(:[^/@]*)?(@.*)?$/, '');
  return {
    RepositoryType: 'ECR',
    ImageUri: uri,
    ...(digest === undefined ? {} : { ResolvedImageUri: `${repository}@sha256:${digest}` }),
  };
}

/** The digits. One of an earlier release has them in its address, or not at all. */
export function digestOf({ digest, uri }: ImageSettings): string | undefined {
  return /sha256:([0-9a-f]{64})$/.exec(digest ?? uri)?.[1];
}

function imageUriOf(source: ImageSource, verb: 'creating' | 'updating'): string {
  const { ImageUri: uri, ZipFile: zip, S3Bucket: bucket, S3Key: key } = source;
  // AWS: recorded for updates, also of one that brings a zip.
  if (!uri) {
    throw invalidParameter(
      `Please provide ImageUri when ${verb} a function with packageType Image.`,
    );
  }
  if (zip !== undefined || bucket !== undefined || key !== undefined) {
    // AWS's wording of it is not known; this is that of a ZipFile.
    throw invalidParameter(
      'Please do not provide other FunctionCode parameters when providing an ImageUri.',
    );
  }
  if (parseImageAddress(uri) === undefined) throw notValid(uri);
  return uri;
}

type ZipSettings = Pick<UpdateFunctionConfigurationRequest, 'Runtime' | 'Handler' | 'Layers'>;

/** Both sentences as users of AWS have posted them, the first also of a handler alone. */
function refuseZipSettings({ Runtime: runtime, Handler: handler, Layers: layers }: ZipSettings) {
  if (runtime !== undefined || handler !== undefined) {
    throw invalidParameter(
      "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
    );
  }
  if (layers !== undefined && layers.length > 0) {
    throw invalidParameter(
      'Lambda layers are not supported for functions created with container images.',
    );
  }
}

function refuseImageConfig(asked: ImageConfig | undefined): void {
  if (asked === undefined || Object.values(asked).every((each) => each === undefined)) return;
  // AWS refuses it; its wording is not known.
  throw invalidParameter(
    "Please don't provide ImageConfig when the intended function PackageType is Zip.",
  );
}

/** Members that are empty are the image's own, as those that are not given. */
function withConfig(image: ImageSettings, asked: ImageConfig | undefined): ImageSettings {
  const { EntryPoint: entryPoint, Command: command, WorkingDirectory: folder } = asked ?? {};
  const config = {
    ...(entryPoint === undefined || entryPoint.length === 0 ? {} : { entryPoint }),
    ...(command === undefined || command.length === 0 ? {} : { command }),
    ...(folder ? { workingDirectory: folder } : {}),
  };
  const { config: _, ...bare } = image;
  return Object.keys(config).length === 0 ? bare : { ...bare, config };
}
