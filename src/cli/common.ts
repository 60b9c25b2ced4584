import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../config/load.ts';
import { knownBases } from '../issuers/embedded/crl-addresses.ts';
import type { Office } from '../admin/office.ts';
import { DeskError, invalidValue } from '../core/errors.ts';
import type { OpenDesk } from '../serve/desk.ts';
import { makeDataDirectory } from '../serve/data-lock.ts';
import { type Foundation, officeOf, openFoundation } from '../serve/foundation.ts';
import { createLogger } from '../serve/logger.ts';
import { namesOf } from '../serve/names.ts';

/** What every command takes. */
export interface CommonOptions {
  data?: string;
  config?: string;
  json?: boolean;
  as?: string;
}

/** A command (`create <handle>`) with the options that all share; `examples` stand below its help, a line each. */
export function command(usage: string, description: string, examples: readonly string[] = []): Command {
  const [name, ...parameters] = usage.split(' ');
  const made = new Command(name)
    .description(description)
    .option('--data <dir>', 'data directory (default ./data)')
    .option('--config <file>', 'configuration file (TOML)');
  for (const parameter of parameters) made.argument(parameter);
  if (examples.length > 0)
    made.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}\n`).join('')}`);
  return made;
}

export function withJson(made: Command): Command {
  return made.option('--json', 'JSON for machines');
}

/** For what goes on the audit trail. */
export function withOperator(made: Command): Command {
  return withJson(made).option('--as <name>', 'who does it, as the audit trail shows (default: the login name)');
}

export function operatorName(options: CommonOptions): string {
  return options.as ?? userInfo().username;
}

export function configOf(options: CommonOptions & { listen?: string; tls?: boolean }): Config {
  const { data, config: file, listen, tls } = options;
  return loadConfig({ file, data, listen, tls, environment: process.env });
}

/**
 * A mistyped `--data` must not become a new, empty database.
 * @throws DeskError `invalid-value` where there is none in the directory; one on PostgreSQL is not looked for
 */
export function requireDatabase({ data, secrets }: Config): void {
  if (secrets.databaseUrl !== null || existsSync(join(data, 'chancery.sqlite'))) return;
  const missing = existsSync(data) ? `no database in ${data}` : `no data directory at ${data}`;
  throw invalidValue('data', `There is ${missing}: check --data, or begin with chancery init`, data);
}

/** Nor must a new key stand beside secrets that are sealed under another one. */
function requireKey({ keyFile, secrets }: Config): void {
  if (secrets.passphrase !== null || existsSync(keyFile)) return;
  const advice = 'check --data, put the file back, or begin with chancery init';
  throw invalidValue('data', `There is no key file at ${keyFile}: ${advice}`, keyFile);
}

/** Opens the database of the given directory for one piece of work. `fresh`: directory, database and key may be made. */
export async function withFoundation<T>(
  options: CommonOptions,
  work: (foundation: Foundation) => Promise<T>,
  { fresh = false } = {},
): Promise<T> {
  const config = configOf(options);
  if (fresh) {
    makeDataDirectory(config.data);
  } else {
    requireDatabase(config);
    requireKey(config);
  }
  const foundation = await openFoundation(config, createLogger('warn'));
  try {
    return await work(foundation);
  } finally {
    await foundation.close();
  }
}

/** As `withFoundation`, for work that touches accounts and keys, not requests. */
export async function withOffice<T>(options: CommonOptions, work: (office: Office) => Promise<T>): Promise<T> {
  return withFoundation(options, (foundation) => work(officeOf(foundation, NO_VETTING)));
}

const noVetting = async (): Promise<never> => {
  throw new DeskError('internal', 'This command does not open the desk');
};
const NO_VETTING: Office['vetting'] = { vetOrganization: noVetting, confirmVetting: noVetting, passCheck: noVetting };

/**
 * As `withFoundation`, with the desk opened, so that requests can be moved on. What has to reach out or be signed is
 * left to the serving process.
 */
export async function withDeskAndFoundation<T>(
  options: CommonOptions,
  work: (desk: OpenDesk, foundation: Foundation) => Promise<T>,
  { fresh = false } = {},
): Promise<T> {
  const withDeskOpen = async (foundation: Foundation): Promise<T> => {
    // Loaded only here: most commands do without the CA and the heart, and start the sooner.
    const { openDesk } = await import('../serve/desk.ts');
    const [lastBase] = await knownBases(foundation.store, 'embedded');
    const desk = await openDesk(foundation, {
      domains: { check: noVetting, caa: noVetting },
      names: namesOf(foundation.config),
      caUrl: () => lastBase ?? configuredCaUrl(foundation.config),
      threads: 0,
      wake: () => undefined,
      metrics: null,
      board: null,
    });
    try {
      return await work(desk, foundation);
    } finally {
      await desk.close();
    }
  };
  return withFoundation(options, withDeskOpen, { fresh });
}

export async function withDesk<T>(options: CommonOptions, work: (office: Office) => Promise<T>): Promise<T> {
  return withDeskAndFoundation(options, (desk, foundation) => work(officeOf(foundation, desk.office)));
}

/** Where CRLs will be served, as far as that is known before serving. */
function configuredCaUrl({ ca, publicUrl, listen }: Config): string {
  if (ca.url !== undefined) return ca.url;
  if (publicUrl?.startsWith('http://')) return publicUrl;
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

/** A whole number of an argument. */
export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}

/** An amount such as `250`, `12.50` or `-3.05`, in cents. */
export function amount(text: string): number {
  const match = /^(-?)(\d{1,9})(?:\.(\d{2}))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('must be an amount such as 250 or 12.50');
  const cents = Number(match[2]) * 100 + Number(match[3] ?? 0);
  return match[1] === '-' ? -cents : cents;
}
