import { writeFileSync } from 'node:fs';
import { isCancel, password } from '@clack/prompts';
import { Command } from 'commander';
import { DeskError } from '../core/errors.ts';
import { type CaSummary, exportCa, showCa } from '../issuers/embedded/admin.ts';
import { backupCa } from '../issuers/embedded/backup.ts';
import { command, type CommonOptions, withFoundation, withJson } from './common.ts';
import { say, sayJson, sheet } from './output.ts';

const PARTS = ['root', 'intermediate', 'chain'] as const;
type Part = (typeof PARTS)[number];

export function caCommand(): Command {
  const ca = new Command('ca').description('the embedded CA');

  ca.addCommand(
    withJson(command('show', 'names, keys and dates of its certificates')).action((options: CommonOptions) =>
      withFoundation(options, async ({ store }) => {
        const views = (await showCa(store)).map(view);
        if (options.json) sayJson(views);
        else say(views.map(sheet).join('\n\n'));
      }),
    ),
  );
  ca.addCommand(
    command('export [part]', 'PEM of the root (default), the intermediate, or the chain of both', [
      'chancery ca export > root.pem',
      'chancery ca export chain > chain.pem',
    ]).action((part: string | undefined, options: CommonOptions) =>
      withFoundation(options, async ({ store }) => {
        const wanted = (part ?? 'root') as Part;
        if (!PARTS.includes(wanted))
          throw new DeskError('invalid-value', `There is no ${part}; one of ${PARTS.join(', ')}`);
        process.stdout.write(await exportCa(store, wanted));
      }),
    ),
  );
  ca.addCommand(
    command('backup', 'keys and certificates in one file, encrypted under a passphrase', [
      'CHANCERY_BACKUP_PASSPHRASE=… chancery ca backup --out ca-backup.json',
    ])
      .requiredOption('--out <file>', 'a new file, mode 0600')
      .action((options: CommonOptions & { out: string }) =>
        withFoundation(options, async (foundation) => {
          const text = await backupCa(foundation, await askPassphrase());
          writeFileSync(options.out, text, { mode: 0o600, flag: 'wx' });
          say(`wrote ${options.out}`);
        }),
      ),
  );
  return ca;
}

function view({ notBefore, notAfter, ...rest }: CaSummary) {
  return { ...rest, notBefore: new Date(notBefore).toISOString(), notAfter: new Date(notAfter).toISOString() };
}

/** From the environment, else asked for twice on a terminal. */
async function askPassphrase(): Promise<string> {
  const given = process.env.CHANCERY_BACKUP_PASSPHRASE;
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw new DeskError('invalid-value', 'Set CHANCERY_BACKUP_PASSPHRASE, or run this on a terminal');
  const ask = async (message: string): Promise<string> => {
    const answer = await password({ message, output: process.stderr });
    if (isCancel(answer)) throw new DeskError('invalid-value', 'Nothing was written');
    return answer;
  };
  const first = await ask('Passphrase of the backup');
  if (first !== (await ask('Once more'))) throw new DeskError('invalid-value', 'The two differ; nothing was written');
  return first;
}
