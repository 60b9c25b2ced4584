import { Command } from 'commander';
import { DeskError } from '../core/errors.ts';
import { namesOf } from '../serve/names.ts';
import { delegationOf } from '../serve/responders.ts';
import { command, type CommonOptions, withFoundation, withJson } from './common.ts';
import { say, sayJson } from './output.ts';

/** `responder name`: which CNAME a customer publishes so that the desk answers DNS challenges of the name. */
export function responderCommand(): Command {
  const name = withJson(
    command('name <names...>', 'show the CNAME records that delegate DNS challenges to this desk', [
      'chancery responder name example.com www.example.com',
    ]),
  ).action((names: string[], options: CommonOptions) =>
    withFoundation(options, async (foundation) => {
      const delegation = delegationOf(foundation);
      if (delegation === null) {
        throw new DeskError('wrong-state', 'There is no DNS responder: put [responder.dns] into the configuration');
      }
      const policy = namesOf(foundation.config);
      const records = [...new Set(names.map((text) => policy.normalise(text, 'name').replace(/^\*\./, '')))].map(
        (host) => ({ name: `_acme-challenge.${host}`, type: 'CNAME', value: delegation.targetFor(host) }),
      );
      if (options.json) return sayJson(records);
      for (const record of records) say(`${record.name}.  IN  CNAME  ${record.value}.`);
    }),
  );
  return new Command('responder').description('where challenges of CAs outside are answered').addCommand(name);
}
