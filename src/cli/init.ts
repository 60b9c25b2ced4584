import type { Command } from 'commander';
import { firstStart, credentialsFile } from '../serve/first-start.ts';
import { showCa } from '../issuers/embedded/admin.ts';
import type { OpenDesk } from '../serve/desk.ts';
import { type Foundation, officeOf } from '../serve/foundation.ts';
import { command, type CommonOptions, withDeskAndFoundation, withJson } from './common.ts';
import { say, sayJson } from './output.ts';

export function initCommand(): Command {
  return withJson(
    command('init', 'make database, CA, first account and credentials.json without serving', [
      'chancery init --data /var/lib/chancery --config /etc/chancery.toml',
    ]),
  ).action((options: CommonOptions) => {
    const init = async (desk: OpenDesk, foundation: Foundation): Promise<void> => {
      const { config, store, served } = foundation;
      const made = await firstStart(officeOf(foundation, desk.office), served, config.data, config.sandbox.enabled);
      const [root] = await showCa(store);
      const credentials = made === null ? null : credentialsFile(config.data);
      const told = { data: config.data, database: store.engine, root: root?.subject, credentials };
      if (options.json) return sayJson(told);
      say(
        made === null
          ? `${config.data} is in use already; nothing was changed`
          : `made ${config.data} (${store.engine})`,
      );
      say(`root CA: ${root?.subject}, SHA-256 ${root?.fingerprint}`);
      if (credentials !== null) say(`credentials: ${credentials}`);
    };
    return withDeskAndFoundation(options, init, { fresh: true });
  });
}
