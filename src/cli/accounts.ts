import { Command } from 'commander';
import { accountByHandle, createAccount, creditAccount, setAccountState } from '../admin/accounts.ts';
import { VIEWS } from '../admin/views.ts';
import type { Account } from '../core/records.ts';
import { amount, command, type CommonOptions, operatorName, withJson, withOffice, withOperator } from './common.ts';
import { money, say, sayJson, sheet, table } from './output.ts';

type CreateOptions = CommonOptions & { name?: string; currency?: string; balance?: number };

export function accountsCommand(): Command {
  const accounts = new Command('accounts').description('customers of the desk and their balances');

  accounts.addCommand(
    withOperator(
      command('create <handle>', 'open an account', [
        'chancery accounts create acme --name "Acme Hosting" --balance 250',
      ]),
    )
      .option('--name <text>', 'for people (default: the handle)')
      .option('--currency <code>', 'three letters (default: as configured)')
      .option('--balance <amount>', 'to start with, such as 250 or 12.50', amount)
      .action((handle: string, options: CreateOptions) =>
        withOffice(options, async (office) => {
          const { name, currency, balance } = options;
          const ask = Object.fromEntries(
            Object.entries({ name, currency, balance }).filter(([, given]) => given !== undefined),
          );
          tell(await createAccount(office, { handle, ...ask }, operatorName(options)), options);
        }),
      ),
  );
  accounts.addCommand(
    withJson(command('list', 'every account')).action((options: CommonOptions) =>
      withOffice(options, async ({ store }) => {
        const all = await store.find('accounts', {});
        if (options.json) return sayJson(all.map(VIEWS.accounts));
        say(table(all.map(readable), ['handle', 'name', 'balance', 'reserved', 'state']));
      }),
    ),
  );
  accounts.addCommand(
    withJson(command('show <handle>', 'one account')).action((handle: string, options: CommonOptions) =>
      withOffice(options, async ({ store }) => tell(await accountByHandle(store, handle), options)),
    ),
  );
  accounts.addCommand(
    withOperator(
      command('credit <handle> <amount>', 'add to the balance, or take off where negative', [
        'chancery accounts credit acme 100 --note "invoice 17"',
        'chancery accounts credit acme -- -12.50',
      ]),
    )
      .option('--note <text>', 'why, for the audit trail', '')
      .action((handle: string, text: string, options: CommonOptions & { note: string }) =>
        withOffice(options, async (office) =>
          tell(await creditAccount(office, handle, amount(text), options.note, operatorName(options)), options),
        ),
      ),
  );
  for (const [name, state, text] of [
    ['lock', 'locked', 'lock an account: none of its keys works any more'],
    ['unlock', 'active', 'open a locked account again'],
  ] as const) {
    accounts.addCommand(
      withOperator(command(`${name} <handle>`, text)).action((handle: string, options: CommonOptions) =>
        withOffice(options, async (office) =>
          tell(await setAccountState(office, handle, state, operatorName(options)), options),
        ),
      ),
    );
  }
  return accounts;
}

function readable(account: Account) {
  const { balance, reserved, currency } = account;
  return { ...VIEWS.accounts(account), balance: money(balance, currency), reserved: money(reserved, currency) };
}

function tell(account: Account, { json }: CommonOptions): void {
  if (json) sayJson(VIEWS.accounts(account));
  else say(sheet(readable(account)));
}
