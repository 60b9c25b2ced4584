import { Command, Option } from 'commander';
import { accountByHandle } from '../admin/accounts.ts';
import { record } from '../admin/office.ts';
import { notFound } from '../core/errors.ts';
import type { Webhook } from '../core/records.ts';
import { saveWebhook } from '../notify/webhook-settings.ts';
import { DIALECTS } from '../serve/dialects.ts';
import { command, type CommonOptions, operatorName, withFoundation, withJson, withOperator } from './common.ts';
import { say, sayJson, sheet, table } from './output.ts';

type Owner = CommonOptions & { account: string; dialect: string };

/** Bytes of the key with which a receiver checks that a call is ours. */
const KEY_LENGTH = 32;

export function webhooksCommand(): Command {
  const webhooks = new Command('webhooks').description('where notifications of an account are pushed to');

  webhooks.addCommand(
    owned(
      withOperator(
        command('set <url>', 'push to this address; makes a new signing key, which is shown once', [
          'chancery webhooks set https://panel.example/hook --account acme --dialect realtime-register',
        ]),
      ),
    ).action((url: string, options: Owner) =>
      withFoundation(options, async ({ store, clock, box, random, config }) => {
        const account = await accountByHandle(store, options.account);
        const key = random.bytes(KEY_LENGTH);
        // `user:password`, from the environment, so that it stays out of the shell's history.
        const basic = process.env.CHANCERY_WEBHOOK_BASIC ?? null;
        const settings = { store, clock, seal: box.seal, allowHttp: config.sandbox.enabled };
        const id = await saveWebhook(settings, { accountId: account.id, dialect: options.dialect, url, key, basic });
        await store.transact(async (unit) => {
          const by = operatorName(options);
          const details = { url, dialect: options.dialect };
          record(
            unit,
            { clock },
            { by, action: 'webhook.set', target: `webhook:${id}`, accountId: account.id, details },
          );
        });
        const told = { id, url, dialect: options.dialect, signingKey: Buffer.from(key).toString('base64') };
        if (options.json) sayJson(told);
        else say(sheet(told));
      }),
    ),
  );
  webhooks.addCommand(
    owned(withOperator(command('remove', 'push no more'))).action((options: Owner) =>
      withFoundation(options, async ({ store, clock }) => {
        const account = await accountByHandle(store, options.account);
        const [found] = await store.find('webhooks', { accountId: account.id, dialect: options.dialect });
        if (found === undefined) throw notFound(`A webhook of ${options.account} for ${options.dialect}`);
        await store.transact(async (unit) => {
          await unit.delete('webhooks', found.id);
          const by = operatorName(options);
          const target = `webhook:${found.id}`;
          record(unit, { clock }, { by, action: 'webhook.removed', target, accountId: account.id });
        });
        if (options.json) sayJson(view(found));
        else say(`webhook ${found.id} is removed`);
      }),
    ),
  );
  webhooks.addCommand(
    withJson(command('list', 'every webhook')).action((options: CommonOptions) =>
      withFoundation(options, async ({ store }) => {
        const views = (await store.find('webhooks', {})).map(view);
        if (options.json) return sayJson(views);
        const handles = new Map((await store.find('accounts', {})).map(({ id, handle }) => [id, handle]));
        const rows = views.map((one) => ({ ...one, account: handles.get(one.accountId) }));
        say(table(rows, ['id', 'account', 'dialect', 'url', 'state', 'failures']));
      }),
    ),
  );
  return webhooks;
}

function owned(made: Command): Command {
  return made
    .requiredOption('--account <handle>', 'whose notifications')
    .addOption(
      new Option('--dialect <name>', 'of which API').choices(DIALECTS.map(({ name }) => name)).makeOptionMandatory(),
    );
}

function view({ encryptedKey: _key, encryptedBasic, ...rest }: Webhook) {
  return { ...rest, basic: encryptedBasic !== null };
}
