import { Command, Option } from 'commander';
import { VIEWS } from '../admin/views.ts';
import { notFound } from '../core/errors.ts';
import type { CheckKind } from '../core/records.ts';
import type { Store } from '../core/store.ts';
import {
  command,
  type CommonOptions,
  operatorName,
  wholeNumber,
  withDesk,
  withFoundation,
  withJson,
  withOperator,
} from './common.ts';
import { say, sayJson, sheet, table } from './output.ts';

type ValidateOptions = CommonOptions & { level: 'OV' | 'EV'; evidence: string };
type PassOptions = CommonOptions & { check: CheckKind; evidence: string };

const EVIDENCE = ['--evidence <text>', 'where the evidence lies and what it says'] as const;

export function organizationsCommand(): Command {
  const organizations = new Command('organizations').description('who OV and EV certificates speak of');

  organizations.addCommand(
    withJson(command('list', 'organizations, those that wait first'))
      .option('--waiting', 'only those that wait')
      .action((options: CommonOptions & { waiting?: boolean }) =>
        withFoundation(options, async ({ store }) => {
          const found = await store.find('organizations', options.waiting ? { state: 'waiting' } : {});
          const views = found
            .toSorted((a, b) => b.state.localeCompare(a.state) || a.id - b.id)
            .map(VIEWS.organizations);
          if (options.json) sayJson(views);
          else say(table(views, ['id', 'name', 'state', 'level', 'collectedBy', 'confirmedBy', 'validatedAt']));
        }),
      ),
  );
  organizations.addCommand(
    withJson(command('show <id>', 'one organization')).action((id: string, options: CommonOptions) =>
      withFoundation(options, ({ store }) => tell(store, wholeNumber(id), options)),
    ),
  );
  organizations.addCommand(
    withOperator(
      command('validate <id>', 'it is what it says, by this evidence (BR 3.2.2.1); EV then waits for a second person', [
        'chancery organizations validate 3 --level OV --evidence "KvK 12345678, extract of 2026-11-02"',
      ]),
    )
      .addOption(new Option('--level <level>', 'how deep it was vetted').choices(['OV', 'EV']).makeOptionMandatory())
      .requiredOption(...EVIDENCE)
      .action((id: string, options: ValidateOptions) =>
        withDesk(options, async ({ store, vetting }) => {
          const { level, evidence } = options;
          await vetting.vetOrganization(wholeNumber(id), { level, evidence, by: operatorName(options) });
          await tell(store, wholeNumber(id), options);
        }),
      ),
  );
  organizations.addCommand(
    withOperator(
      command('confirm <id>', 'a second person agrees with an EV vetting (EVG 3.2.2.13)', [
        'chancery organizations confirm 3 --as ben',
      ]),
    ).action((id: string, options: CommonOptions) =>
      withDesk(options, async ({ store, vetting }) => {
        await vetting.confirmVetting(wholeNumber(id), operatorName(options));
        await tell(store, wholeNumber(id), options);
      }),
    ),
  );
  return organizations;
}

async function tell(store: Store, id: number, { json }: CommonOptions): Promise<void> {
  const found = await store.get('organizations', id);
  if (found === null) throw notFound(`Organization ${id}`);
  if (json) sayJson(VIEWS.organizations(found));
  else say(sheet(VIEWS.organizations(found)));
}

export function requestsCommand(): Command {
  const requests = new Command('requests').description('certificate requests that wait for a person');

  requests.addCommand(
    withJson(command('list', 'requests that wait, oldest first')).action((options: CommonOptions) =>
      withFoundation(options, async ({ store }) => {
        const views = (await store.find('requests', { state: 'waiting' }, { limit: 500 })).map(VIEWS.requests);
        if (options.json) sayJson(views);
        else say(table(views, ['id', 'kind', 'commonName', 'product', 'checks', 'createdAt', 'detail']));
      }),
    ),
  );
  requests.addCommand(
    withOperator(
      command('pass-check <id>', 'what the check asks for was done, such as the call to the organization (BR 3.2.5)', [
        'chancery requests pass-check 17 --check callback --evidence "called +31.20… of the register, spoke to A. Bakker"',
      ]),
    )
      .addOption(new Option('--check <check>', 'which').choices(['callback', 'agreement']).makeOptionMandatory())
      .requiredOption(...EVIDENCE)
      .action((id: string, options: PassOptions) =>
        withDesk(options, async ({ store, vetting }) => {
          const requestId = wholeNumber(id);
          await vetting.passCheck(requestId, options.check, operatorName(options), options.evidence);
          const found = await store.get('requests', requestId);
          if (found === null) throw notFound(`Request ${id}`);
          if (options.json) sayJson(VIEWS.requests(found));
          else say(sheet(VIEWS.requests(found)));
        }),
      ),
  );
  return requests;
}
