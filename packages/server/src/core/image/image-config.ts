/** The configuration that an image carries: what its Dockerfile says of the program. Pure. */
import type { Architecture } from '../function-version.ts';
import { GO_ARCHITECTURES } from './image-manifest.ts';
import { asObject, digestOf, listOf, textsOf, UnsupportedImage, type Json } from './read-json.ts';

export interface ImageConfig {
  /** The hash of each layer's tar, uncompressed; the lowest first. */
  readonly diffIds: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  /** Empty where the image says none. */
  readonly workingDirectory: string;
}

/** Throws `UnsupportedImage`, also for an image of another kind of machine. */
export function parseImageConfig(bytes: Uint8Array, architecture: Architecture): ImageConfig {
  const json = asObject(bytes, 'The configuration');
  const wanted = GO_ARCHITECTURES[architecture];
  const isForHere = json['os'] === 'linux' && json['architecture'] === wanted;
  if (!isForHere) {
    throw new UnsupportedImage(
      `The image is for ${String(json['os'])}/${String(json['architecture'])}, not linux/${wanted}.`,
    );
  }
  const rootfs = (json['rootfs'] ?? {}) as Json;
  const config = (json['config'] ?? {}) as Json;
  const folder = config['WorkingDir'];
  return {
    diffIds: listOf(rootfs['diff_ids'], 'diff_ids').map(digestOf),
    env: variablesOf(textsOf(config['Env'], 'Env')),
    entryPoint: textsOf(config['Entrypoint'], 'Entrypoint'),
    command: textsOf(config['Cmd'], 'Cmd'),
    workingDirectory: typeof folder === 'string' ? folder : '',
  };
}

/** Of two of the same name the later wins. */
function variablesOf(texts: readonly string[]): Record<string, string> {
  const entries = texts.flatMap((text): [string, string][] => {
    const mark = text.indexOf('=');
    return mark <= 0 ? [] : [[text.slice(0, mark), text.slice(mark + 1)]];
  });
  const variables = Object.fromEntries(entries);
  if (!entries.some((each) => each.some((part) => part.includes('\0')))) return variables;
  throw new UnsupportedImage('A variable holds a NUL.');
}

/** What is said in the place of the image's own; absent where nothing is. */
export interface ImageOverrides {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
}

export interface ImageProgram {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
}

/** AWS: each of the three is overridden by itself; a new entry point keeps the image's command. */
export function programOf(config: ImageConfig, overrides: ImageOverrides = {}): ImageProgram {
  return {
    entryPoint: overrides.entryPoint ?? config.entryPoint,
    command: overrides.command ?? config.command,
    workingDirectory: overrides.workingDirectory ?? config.workingDirectory,
  };
}
