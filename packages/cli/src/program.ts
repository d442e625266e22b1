/** The `hearth` command: one file of `commands/` for each of its commands. */
import { Command } from 'commander';
import { accountCommand } from './commands/account.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { layerCommand } from './commands/layer.ts';
import { readSettings, type Settings } from './settings.ts';

/** What a command is given of its surroundings. */
export interface Surroundings {
  /** The settings that the options and variables of this call make. */
  readonly settings: () => Settings;
  readonly print: (text: string) => void;
  /** Lets the process end with this status. */
  readonly setStatus: (status: number) => void;
}

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  write(text: string): void;
  setStatus(status: number): void;
}

export function createProgram(terminal: Terminal): Command {
  const program = new Command('hearth')
    .description('What a Hearth server can do and the AWS APIs have no operation for.')
    .option(
      '--endpoint-url <url>',
      'where the server is (default: AWS_ENDPOINT_URL, port 4566 here)',
    )
    .addHelpText(
      'after',
      '\nRequests are signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (default: test/test,\n' +
        'the administrator of account 000000000000). The server itself is started by `npm start`.',
    );
  const surroundings: Surroundings = {
    settings: () =>
      readSettings(terminal.env, program.opts<{ endpointUrl?: string }>().endpointUrl),
    print: (text) => terminal.write(`${text}\n`),
    setStatus: (status) => terminal.setStatus(status),
  };
  for (const command of [accountCommand, doctorCommand, explainCommand, layerCommand])
    program.addCommand(command(surroundings));
  return program;
}
