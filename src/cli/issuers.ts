import { Command, Option } from 'commander';
import { DeskError } from '../core/errors.ts';
import { changeIssuerKey, checkIssuer, retireIssuer, showIssuer, updateIssuer } from '../issuers/acme/admin.ts';
import { openAcme } from '../issuers/acme/issuer.ts';
import type { AccountKeyType } from '../issuers/acme/settings.ts';
import type { Foundation } from '../serve/foundation.ts';
import { namesOf } from '../serve/names.ts';
import { acmeParts } from '../serve/outside-issuers.ts';
import { command, type CommonOptions, withFoundation, withJson } from './common.ts';
import { type Row, say, sayJson, sheet, table } from './output.ts';

const KEY_TYPES: readonly AccountKeyType[] = ['P-256', 'P-384', 'RSA-2048', 'RSA-4096'];

export function issuersCommand(): Command {
  const issuers = new Command('issuers').description('CAs outside that sign, and the accounts there');

  issuers.addCommand(
    withJson(command('list', 'what is configured, and its accounts')).action((options: CommonOptions) =>
      withFoundation(options, async (foundation) => {
        const names = Object.keys(foundation.config.issuers);
        const rows = await Promise.all(names.map((name) => showIssuer(acmeOf(foundation, name))));
        if (options.json) sayJson(rows);
        else if (rows.length === 0) say(`no issuer outside: ${howToConfigure(foundation)}`);
        else say(table(rows.map(shown), ['name', 'directory', 'account', 'keyAlgorithm']));
      }),
    ),
  );
  issuers.addCommand(
    withJson(
      command('check <name>', 'ask the CA what it offers and how the account stands; changes nothing', [
        'chancery issuers check letsencrypt',
      ]),
    ).action((name: string, options: CommonOptions) =>
      withFoundation(options, async (foundation) => {
        const { faults, ...found } = await checkIssuer(acmeOf(foundation, name));
        if (options.json) sayJson({ ...found, faults });
        else say([sheet(found), ...faults.map((fault) => `FAULT  ${fault}`)].join('\n'));
        if (faults.length > 0) process.exitCode = 3;
      }),
    ),
  );
  issuers.addCommand(
    withJson(
      command('change-key <name>', 'give the account a new key; finishes a change that stopped half-way', [
        'chancery issuers change-key letsencrypt',
      ]),
    )
      .addOption(new Option('--type <type>', 'kind of key (default: as configured)').choices([...KEY_TYPES]))
      .action((name: string, options: CommonOptions & { type?: AccountKeyType }) =>
        withFoundation(options, async (foundation) => {
          tell(options, { thumbprint: await changeIssuerKey(acmeOf(foundation, name), options.type) });
        }),
      ),
  );
  issuers.addCommand(
    withJson(command('update <name>', 'tell the CA the contacts of the configuration')).action(
      (name: string, options: CommonOptions) =>
        withFoundation(options, async (foundation) => {
          tell(options, { ...(await updateIssuer(acmeOf(foundation, name))) });
        }),
    ),
  );
  issuers.addCommand(
    withJson(command('retire <name>', 'deactivate the account at the CA; the next order makes another')).action(
      (name: string, options: CommonOptions) =>
        withFoundation(options, async (foundation) => {
          tell(options, { retired: await retireIssuer(acmeOf(foundation, name)) });
        }),
    ),
  );
  return issuers;
}

function acmeOf(foundation: Foundation, name: string) {
  const { config } = foundation;
  const issuer = Object.hasOwn(config.issuers, name) ? config.issuers[name] : undefined;
  if (issuer !== undefined) return openAcme(acmeParts(foundation, issuer, { board: null, names: namesOf(config) }));
  const known = Object.keys(config.issuers);
  const next = known.length === 0 ? howToConfigure(foundation) : `there are ${known.join(', ')}`;
  throw new DeskError('not-found', `There is no issuer ${name} in the configuration; ${next}`);
}

function howToConfigure({ config }: Foundation): string {
  if (config.file === null) return 'no configuration file is read, name it with --config or CHANCERY_CONFIG';
  return 'docs/configuration.md, [issuers.NAME], shows how to add one';
}

function shown<R extends { since: number | null }>({ since, ...rest }: R): Row {
  return { ...rest, since: since === null ? null : new Date(since).toISOString() };
}

function tell(options: CommonOptions, row: Row): void {
  if (options.json) sayJson(row);
  else say(sheet(row));
}
