/** `hearth account create` and `list`: AWS has no API that makes an account with an administrator. */
import { Command } from 'commander';
import { send } from '../hearth-client.ts';
import type { Surroundings } from '../program.ts';

interface CreatedAccount {
  readonly account: string;
  readonly userName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface ListedAccounts {
  readonly accounts: readonly {
    readonly account: string;
    readonly alias?: string;
    readonly users: number;
    readonly roles: number;
  }[];
}

export function accountCommand(surroundings: Surroundings): Command {
  const account = new Command('account').description('the accounts of this server');
  account
    .command('create')
    .description('make an account with an administrator, and show its key once')
    .argument('[id]', 'twelve digits; drawn at random where left out')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: { json?: true }) =>
      create(surroundings, id, options.json === true),
    );
  account
    .command('list')
    .description('show the accounts')
    .action(() => list(surroundings));
  return account;
}

async function create(
  { settings, print }: Surroundings,
  id: string | undefined,
  asJson: boolean,
): Promise<void> {
  const created = await send<CreatedAccount>(settings(), {
    method: 'POST',
    path: '/_hearth/accounts',
    body: id === undefined ? {} : { account: id },
  });
  if (asJson) return print(JSON.stringify(created, null, 2));
  print(`# account ${created.account}, user ${created.userName}; the secret is not shown again`);
  print(`export AWS_ACCESS_KEY_ID=${created.accessKeyId}`);
  print(`export AWS_SECRET_ACCESS_KEY=${created.secretAccessKey}`);
}

async function list({ settings, print }: Surroundings): Promise<void> {
  const { accounts } = await send<ListedAccounts>(settings(), {
    method: 'GET',
    path: '/_hearth/accounts',
  });
  for (const { account, alias, users, roles } of accounts) {
    print([account, alias ?? '-', `${users} users`, `${roles} roles`].join('\t'));
  }
}
