import type { Command } from 'commander';
import { greeting } from '../serve/greeting.ts';
import { createLogger } from '../serve/logger.ts';
import { command, type CommonOptions, configOf } from './common.ts';

type ServeOptions = CommonOptions & { listen?: string; tls?: boolean };

/** Milliseconds from a signal to the end, whatever happens. */
const LONGEST_END = 9_500;

export function serveCommand(): Command {
  return command('serve', 'serve the APIs (also without a command)', [
    'chancery serve',
    'chancery serve --listen 127.0.0.1:0 --data /var/lib/chancery --config /etc/chancery.toml',
    'DATABASE_URL=postgres://… chancery serve --tls',
  ])
    .option('--listen <host:port>', 'address and port; port 0 picks a free one (default 127.0.0.1:8480)')
    .option('--tls', 'HTTPS, with a certificate of the own CA')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const config = configOf(options);
  const log = createLogger(config.log.level);
  const { signalled, stopListening } = onFirstSignal();
  // Loaded only here, so that the other commands start sooner.
  const { startServer } = await import('../server.ts');
  const server = await startServer(config, log);
  const { url, database, credentials, dialects } = server;
  const { data, sandbox, tls } = config;
  process.stdout.write(
    greeting({ url, data, database, credentials, dialects, sandbox: sandbox.enabled, tls: tls.enabled }),
  );
  const signal = await signalled;
  log.info({ signal }, 'finishing what is running');
  setTimeout(() => process.exit(1), LONGEST_END).unref();
  await server.close();
  stopListening();
}

/** Resolves with the first SIGTERM or SIGINT; the second ends the process at once. */
function onFirstSignal(): { signalled: Promise<NodeJS.Signals>; stopListening: () => void } {
  const { promise: signalled, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let count = 0;
  const listener = (signal: NodeJS.Signals): void => {
    count += 1;
    if (count > 1) process.exit(1);
    resolve(signal);
  };
  process.on('SIGTERM', listener).on('SIGINT', listener);
  return { signalled, stopListening: () => process.off('SIGTERM', listener).off('SIGINT', listener) };
}
