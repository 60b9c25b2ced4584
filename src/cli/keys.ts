import { Command, Option } from 'commander';
import { accountByHandle } from '../admin/accounts.ts';
import { createKey, revokeKey } from '../admin/keys.ts';
import { VIEWS } from '../admin/views.ts';
import type { Role } from '../core/records.ts';
import { DIALECTS } from '../serve/dialects.ts';
import {
  command,
  type CommonOptions,
  operatorName,
  wholeNumber,
  withJson,
  withOffice,
  withOperator,
} from './common.ts';
import { say, sayJson, table } from './output.ts';

type CreateOptions = CommonOptions & { account: string; dialect: string; user?: string; role?: Role; kind?: string };

export function keysCommand(): Command {
  const keys = new Command('keys').description('keys with which accounts call the served APIs, and the admin API');

  keys.addCommand(
    withOperator(
      command('create', 'make a key; it is shown once and only its hash is kept', [
        'chancery keys create --account acme --dialect realtime-register',
        'chancery keys create --account acme --dialect admin --user ann',
      ]),
    )
      .requiredOption('--account <handle>', 'whose key')
      .addOption(
        new Option('--dialect <name>', 'which API')
          .choices([...DIALECTS.map(({ name }) => name), 'admin'])
          .makeOptionMandatory(),
      )
      .option('--user <name>', 'who acts with it, as the audit trail shows (default: api)')
      .addOption(new Option('--role <role>', 'what it may do (default: orders)').choices(['admin', 'orders', 'view']))
      .option('--kind <kind>', 'where clients of the API know several kinds of secrets: which (default: its first)')
      .action((options: CreateOptions) =>
        withOffice(options, async (office) => {
          const { account, dialect, user, role, kind } = options;
          const ask = {
            account,
            dialect,
            ...(user && { userName: user }),
            ...(role && { role }),
            ...(kind && { kind }),
          };
          const { key, secret } = await createKey(office, ask, operatorName(options));
          const { describeCredentials } = DIALECTS.find(({ name }) => name === dialect) ?? {};
          const credentials = describeCredentials?.(account, secret) ?? { apiKey: secret };
          if (options.json) sayJson({ id: key.id, dialect, account, credentials });
          else
            say(
              `key ${key.id} of ${account} for ${dialect}; it is not shown again:\n${JSON.stringify(credentials, null, 2)}`,
            );
        }),
      ),
  );
  keys.addCommand(
    withJson(command('list', 'keys, without their secrets'))
      .option('--account <handle>', 'of this account alone')
      .action((options: CommonOptions & { account?: string }) =>
        withOffice(options, async ({ store }) => {
          const { account } = options;
          const where = account === undefined ? {} : { accountId: (await accountByHandle(store, account)).id };
          const found = (await store.find('credentials', where)).map(VIEWS.credentials);
          if (options.json) return sayJson(found);
          const handles = new Map((await store.find('accounts', {})).map(({ id, handle }) => [id, handle]));
          const rows = found.map((key) => ({ ...key, account: handles.get(key.accountId), user: key.userName }));
          say(table(rows, ['id', 'account', 'dialect', 'user', 'role', 'createdAt', 'revokedAt']));
        }),
      ),
  );
  keys.addCommand(
    withOperator(command('revoke <id>', 'end a key; servers forget it within a second')).action(
      (id: string, options: CommonOptions) =>
        withOffice(options, async (office) => {
          const key = await revokeKey(office, wholeNumber(id), operatorName(options));
          if (options.json) sayJson(VIEWS.credentials({ ...key, secretHash: new Uint8Array() }));
          else say(`key ${key.id} is revoked`);
        }),
    ),
  );
  return keys;
}
