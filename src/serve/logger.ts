import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

/** Members that are never written, wherever they stand up to two levels deep. */
const SECRET = ['authorization', 'cookie', 'password', 'passphrase', 'secret', 'apiKey', 'key', 'token'];

const COLOURS: Readonly<Record<string, string>> = {
  warn: '\x1b[33m',
  error: '\x1b[31m',
  fatal: '\x1b[31m',
  info: '\x1b[32m',
};

/** Writes to standard error: JSON lines, or lines for people where that is a terminal. Secrets are blotted out. */
export function createLogger(level: string, terminal: boolean = process.stderr.isTTY): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
  };
  const out = destination({ fd: 2, sync: true });
  return terminal ? pino(options, { write: (line: string) => out.write(readable(line)) }) : pino(options, out);
}

/** One JSON line as a person reads it: `12:00:01 warn  message member=value`. */
export function readable(line: string): string {
  const { time, level, msg = '', err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const members = Object.entries(rest).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const stack = (err as { stack?: string } | undefined)?.stack;
  const colour = COLOURS[String(level)] ?? '';
  const tail = stack === undefined ? '' : `\n${stack}`;
  return `${String(time).slice(11, 19)} ${colour}${String(level).padEnd(5)}\x1b[0m ${String(msg)}${members.join('')}${tail}\n`;
}
