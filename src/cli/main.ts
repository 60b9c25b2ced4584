import { Command, CommanderError } from 'commander';
import { nearest } from '../config/nearest.ts';
import { DeskError, invalidValue } from '../core/errors.ts';
import { accountsCommand } from './accounts.ts';
import { caCommand } from './ca.ts';
import { checkoutsCommand } from './checkouts.ts';
import { databaseCommands } from './database.ts';
import { doctorCommand } from './doctor.ts';
import { initCommand } from './init.ts';
import { issuersCommand } from './issuers.ts';
import { keysCommand } from './keys.ts';
import { ordersCommand } from './orders.ts';
import { responderCommand } from './responder.ts';
import { serveCommand } from './serve.ts';
import { organizationsCommand, requestsCommand } from './vetting.ts';
import { webhooksCommand } from './webhooks.ts';
import { websitesCommand } from './websites.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  it failed; standard error says why
  2  the command or the configuration is wrong
  3  doctor found a fault
`;

function program(): Command {
  const chancery = new Command('chancery')
    .description('A certificate desk: serves the HTTP APIs with which TLS certificates are ordered, and issues them.')
    .version('0.1.0')
    .addHelpText('after', EXIT_CODES)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how)');
  chancery.addCommand(serveCommand(), { isDefault: true });
  for (const made of [
    initCommand(),
    accountsCommand(),
    keysCommand(),
    ordersCommand(),
    checkoutsCommand(),
    requestsCommand(),
    organizationsCommand(),
    webhooksCommand(),
    websitesCommand(),
    caCommand(),
    issuersCommand(),
    responderCommand(),
    ...databaseCommands(),
    doctorCommand(),
  ]) {
    chancery.addCommand(made);
  }
  exitByThrowing(chancery);
  return chancery;
}

/** So that wrong usage ends with our own exit code. */
function exitByThrowing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitByThrowing(child);
}

/** Runs one command line (without node and script). Sets the process's exit code; never throws. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    const chancery = program();
    checkCommand(chancery, argv[0]);
    await chancery.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = complain(error);
  }
}

/** What is no command would otherwise be an argument of `serve`. */
function checkCommand(chancery: Command, word: string | undefined): void {
  if (word === undefined || word.startsWith('-')) return;
  const known = ['help', ...chancery.commands.map((command) => command.name())];
  if (known.includes(word)) return;
  const guess = nearest(word, known);
  const hint = guess === null ? 'chancery --help lists them' : `did you mean ${guess}?`;
  throw invalidValue('command', `There is no command ${word}; ${hint}`, word);
}

function complain(error: unknown): number {
  // Commander has written its own complaint, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof DeskError) {
    process.stderr.write(`chancery: ${error.message}\n`);
    if (error.kind === 'internal' && error.cause instanceof Error) process.stderr.write(`  ${error.cause.message}\n`);
    return error.violations.length > 0 ? 2 : 1;
  }
  const { code, message, stack, syscall } = error as NodeJS.ErrnoException;
  const advice = syscall === 'listen' ? adviceOn(code) : '';
  process.stderr.write(`chancery: ${code === undefined ? stack : message}${advice}\n`);
  return 1;
}

/** What to do about an address that cannot be listened on. */
function adviceOn(code: string | undefined): string {
  const choose = 'choose another address with --listen (for CRLs: `ca.listen` of the configuration)';
  if (code === 'EADDRINUSE') return `; stop what listens there, or ${choose}`;
  if (code === 'EACCES') return '; docs/responders.md shows how to give the privilege that ports below 1024 need';
  return code === 'EADDRNOTAVAIL' ? `; this machine does not have it: ${choose}` : '';
}
