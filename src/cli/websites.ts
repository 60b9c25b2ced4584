import { Command, Option } from 'commander';
import { accountByHandle } from '../admin/accounts.ts';
import { VIEWS } from '../admin/views.ts';
import * as websites from '../admin/websites.ts';
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

type CreateOptions = CommonOptions & {
  account: string;
  dialect: string;
  group?: string;
  hostname?: string[];
  proved?: boolean;
};

const PLATFORMS = DIALECTS.filter(({ hosting }) => hosting !== undefined).map(({ name }) => name);

export function websitesCommand(): Command {
  const made = new Command('websites').description('websites of hosting platforms and the names they serve');

  made.addCommand(
    withOperator(
      command('create <name>', 'make a website for an account', [
        'chancery websites create acmeshop --account acme --dialect wp-engine --hostname shop.example.com',
        'chancery websites create shop.example.net --account acme --dialect cpanel --hostname shop.example.net',
        'chancery websites create acmeshop --account acme --dialect wp-engine --group Shop --hostname a.test --proved',
      ]),
    )
      .requiredOption('--account <handle>', 'whose website')
      .addOption(new Option('--dialect <name>', 'on which platform').choices(PLATFORMS).makeOptionMandatory())
      .option('--group <name>', 'to which group it belongs; made where there is none of that name')
      .option('--hostname <name...>', 'names that it serves, the primary one first')
      .option('--proved', 'you vouch that the account controls the names')
      .action((name: string, options: CreateOptions) =>
        withOffice(options, async (office) => {
          const { account, dialect, group = null, hostname: hostnames = [], proved = false } = options;
          const ask = { account, dialect, name, group, hostnames, proved };
          const { website, hostnames: added } = await websites.createWebsite(office, ask, operatorName(options));
          if (options.json) return sayJson({ ...VIEWS.websites(website), hostnames: added.map(VIEWS.hostnames) });
          say(`website ${website.id} (${website.uid}) of ${account} on ${dialect}`);
          if (added.length > 0) say(table(added.map(VIEWS.hostnames), ['id', 'uid', 'name']));
          else say(`it serves no name yet: chancery websites add-hostnames ${website.id} --hostname NAME`);
        }),
      ),
  );
  made.addCommand(
    withJson(command('list', 'every website with its names'))
      .option('--account <handle>', 'of this account alone')
      .action((options: CommonOptions & { account?: string }) =>
        withOffice(options, async ({ store }) => {
          const { account } = options;
          const where = account === undefined ? {} : { accountId: (await accountByHandle(store, account)).id };
          const found = await store.find('websites', where);
          const hostnames = await store.find('hostnames', { websiteId: found.map(({ id }) => id) });
          const of = (id: number) => hostnames.filter(({ websiteId }) => websiteId === id);
          if (options.json) {
            return sayJson(
              found.map((one) => ({ ...VIEWS.websites(one), hostnames: of(one.id).map(VIEWS.hostnames) })),
            );
          }
          const rows = found.map(({ id, dialect, uid, name }) => {
            const names = of(id).map((one) => `${one.name} (${one.id})`);
            return { id, dialect, uid, name, hostnames: names.join(', ') };
          });
          say(table(rows, ['id', 'dialect', 'uid', 'name', 'hostnames']));
        }),
      ),
  );
  made.addCommand(
    withOperator(
      command('add-hostnames <id>', 'let a website serve more names', [
        'chancery websites add-hostnames 100001 --hostname www.shop.example.com',
      ]),
    )
      .requiredOption('--hostname <name...>', 'names')
      .option('--proved', 'you vouch that the account controls them')
      .action((id: string, options: CommonOptions & { hostname: string[]; proved?: boolean }) =>
        withOffice(options, async (office) => {
          const { hostname: hostnames, proved = false } = options;
          const ask = { hostnames, proved };
          const added = await websites.addHostnames(office, wholeNumber(id), ask, operatorName(options));
          if (options.json) sayJson(added.map(VIEWS.hostnames));
          else say(table(added.map(VIEWS.hostnames), ['id', 'uid', 'name']));
        }),
      ),
  );
  made.addCommand(
    withOperator(
      command('vouch <hostname-id>', 'say that the account controls a name, in place of a TXT record'),
    ).action((id: string, options: CommonOptions) =>
      withOffice(options, async (office) => {
        const hostname = await websites.vouchForHostname(office, wholeNumber(id), operatorName(options));
        if (options.json) sayJson(VIEWS.hostnames(hostname));
        else say(`${hostname.name} counts as proved`);
      }),
    ),
  );
  made.addCommand(
    withOperator(command('remove-hostname <hostname-id>', 'let a website serve a name no longer')).action(
      (id: string, options: CommonOptions) =>
        withOffice(options, async (office) => {
          const hostname = await websites.deleteHostname(office, wholeNumber(id), operatorName(options));
          if (options.json) sayJson(VIEWS.hostnames(hostname));
          else say(`${hostname.name} is removed`);
        }),
    ),
  );
  made.addCommand(
    withOperator(command('delete <id>', 'end a website with its names; its certificates and orders stay')).action(
      (id: string, options: CommonOptions) =>
        withOffice(options, async (office) => {
          const website = await websites.deleteWebsite(office, wholeNumber(id), operatorName(options));
          if (options.json) sayJson(VIEWS.websites(website));
          else say(`website ${website.name} is gone`);
        }),
    ),
  );
  return made;
}
