/**
 * `hearth layer import`: a zip becomes a layer version under the ARN that functions name, whose
 * account and number are not this server's to give. It is uploaded as a layer of the caller's own,
 * shown under the other ARN, and the upload's own name is taken away again.
 */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { send } from '../hearth-client.ts';
import type { Surroundings } from '../program.ts';
import { CommandFailed, type Settings } from '../settings.ts';

interface ImportOptions {
  readonly runtime?: readonly string[];
  readonly architecture?: readonly string[];
  readonly description?: string;
}

export function layerCommand(surroundings: Surroundings): Command {
  const layer = new Command('layer').description('layers of others');
  layer
    .command('import')
    .description('serve a zip under the ARN of any layer version, to every account here')
    .argument('<arn>', 'arn:aws:lambda:<region>:<account>:layer:<name>:<version>')
    .argument('<zip>', 'the file, as PublishLayerVersion takes it')
    .option('--runtime <name...>', 'what the layer says that it is for')
    .option('--architecture <name...>', 'x86_64, arm64')
    .option('--description <text>')
    .action((arn: string, zip: string, options: ImportOptions) =>
      importLayer(surroundings, { arn, zip, options }),
    );
  layer
    .command('remove')
    .description('stop serving an imported layer version; functions that have it keep it')
    .argument('<arn>', 'as it was imported')
    .action((arn: string) => removeLayer(surroundings, arn));
  return layer;
}

interface Import {
  readonly arn: string;
  readonly zip: string;
  readonly options: ImportOptions;
}

const ARN = /^arn:aws:lambda:([a-z0-9-]+):\d{12}:layer:[\w-]+:[1-9]\d*$/;
/** The caller's own layer for the moment of the import. */
const OWN_NAME = 'hearth-import';

async function importLayer(
  surroundings: Surroundings,
  { arn, zip, options }: Import,
): Promise<void> {
  const region = ARN.exec(arn)?.[1];
  if (region === undefined) {
    throw new CommandFailed(
      `The ARN is that of a layer version (arn:aws:lambda:<region>:<account>:layer:<name>:<version>), not ${arn}.`,
    );
  }
  const content = await read(zip);
  const settings = { ...surroundings.settings(), region };
  const own = await upload(settings, content, options);
  try {
    const { isReplaced } = await send<{ isReplaced: boolean }>(settings, {
      method: 'POST',
      path: '/_hearth/layers',
      body: { from: own.LayerVersionArn, as: arn },
    });
    surroundings.print(
      `${arn} is served${isReplaced ? ', in the place of what had that ARN' : ''}`,
    );
  } finally {
    const path = `/2018-10-31/layers/${OWN_NAME}/versions/${own.Version}`;
    await send(settings, { method: 'DELETE', path, service: 'lambda' });
  }
}

async function removeLayer({ settings, print }: Surroundings, arn: string): Promise<void> {
  await send(settings(), { method: 'DELETE', path: '/_hearth/layers', body: { arn } });
  print(`${arn} is not served any more`);
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CommandFailed(`${file} cannot be read.`, { cause });
  }
}

interface OwnLayerVersion {
  readonly LayerVersionArn: string;
  readonly Version: number;
}

async function upload(
  settings: Settings,
  content: Buffer,
  { runtime, architecture, description }: ImportOptions,
): Promise<OwnLayerVersion> {
  return await send<OwnLayerVersion>(settings, {
    method: 'POST',
    path: `/2018-10-31/layers/${OWN_NAME}/versions`,
    service: 'lambda',
    body: {
      Content: { ZipFile: content.toString('base64') },
      ...(runtime === undefined ? {} : { CompatibleRuntimes: runtime }),
      ...(architecture === undefined ? {} : { CompatibleArchitectures: architecture }),
      ...(description === undefined ? {} : { Description: description }),
    },
  });
}
