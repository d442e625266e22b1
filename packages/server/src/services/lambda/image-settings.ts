/**
 * Functions whose code is a container image. They are checked, kept and shown as on AWS; nothing
 * runs them yet, which `hearth doctor`, their state and every invocation say.
 */
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
import { cannotYet, invalidParameter } from './lambda-errors.ts';

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

/** For whatever would run the function. */
export function refuseToRunImage({ image }: Packaged): void {
  if (image !== undefined)
    throw cannotYet('functions that are container images (PackageType Image)');
}

/** Code signing, runtime management: what AWS has for zips alone. Its wording is not known. */
export function refuseForImage({ image }: Packaged, what: string): void {
  if (image === undefined) return;
  throw invalidParameter(`${what} is not supported for functions with packageType Image.`);
}

export function showImage({ uri, config }: ImageSettings): Partial<FunctionConfiguration> {
  const digest = digestOf(uri);
  return {
    PackageType: 'Image',
    // AWS: the image's digest. What a tag stands for only the registry knows.
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

export function showImageCode({ uri }: ImageSettings): FunctionCodeLocation {
  const digest = digestOf(uri);
  const repository = uri.replace(/(:[^/@]*)?(@.*)?$/, '');
  return {
    RepositoryType: 'ECR',
    ImageUri: uri,
    ...(digest === undefined ? {} : { ResolvedImageUri: `${repository}@sha256:${digest}` }),
  };
}

function digestOf(uri: string): string | undefined {
  return /@sha256:([0-9a-f]{64})$/.exec(uri)?.[1];
}

/**
 * A repository of ECR with a tag, a digest or both. AWS refuses an address without either, and
 * public registries, in the words below.
 */
const SOURCE_IMAGE =
  /^\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?=[:@])(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

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
  if (SOURCE_IMAGE.test(uri)) return uri;
  throw invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`);
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
