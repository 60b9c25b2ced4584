import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Clock } from '../core/time.ts';
import type { Endpoint } from './dns-server.ts';

/** A mail that was caught. */
export interface CaughtMail {
  from: string;
  /** Envelope recipients, comma between. */
  to: string;
  subject: string;
  /** The plain text, lines ended by `\n`. */
  text: string;
  /** When it came in, ISO 8601. */
  date: string;
}

export interface MailSink extends Endpoint {
  /** Mails to an address (case ignored), or all where none is given; oldest first. */
  messages(to?: string): CaughtMail[];
  close(): Promise<void>;
}

const MAX_MESSAGES = 1_000;
/** Bytes of one message, and characters of text kept in all. */
const MAX_SIZE = 1_048_576;
const MAX_TEXT = 16_777_216;

interface Kept {
  mail: CaughtMail;
  recipients: string[];
}

/**
 * A mail server on `host`, on a free port, that takes every mail for any address and passes none on. It keeps the
 * newest 1,000 in memory.
 */
export async function startMailSink(clock: Clock, host = '127.0.0.1'): Promise<MailSink> {
  const kept: Kept[] = [];
  let textSize = 0;

  function keep(entry: Kept): void {
    kept.push(entry);
    textSize += entry.mail.text.length;
    while (kept.length > MAX_MESSAGES || textSize > MAX_TEXT) textSize -= kept.shift()?.mail.text.length ?? 0;
  }

  const server = new SMTPServer({
    size: MAX_SIZE,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    maxClients: 64,
    socketTimeout: 30_000,
    closeTimeout: 100,
    onData: callbackify(async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
      keep(await receive(stream, session, clock));
    }),
  });
  // A connection that breaks off is the sender's affair.
  server.on('error', () => {});
  server.listen(0, host);
  await once(server.server, 'listening');
  return {
    host,
    port: (server.server.address() as AddressInfo).port,
    messages(to) {
      const wanted = to?.toLowerCase();
      return kept.filter((entry) => wanted === undefined || entry.recipients.includes(wanted)).map(({ mail }) => mail);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function receive(stream: SMTPServerDataStream, session: SMTPServerSession, clock: Clock): Promise<Kept> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_SIZE) chunks.push(chunk);
  }
  if (size > MAX_SIZE) throw Object.assign(new Error('Message is too large'), { responseCode: 552 });
  const parsed = await PostalMime.parse(Buffer.concat(chunks));
  const addresses = session.envelope.rcptTo.map((recipient) => recipient.address);
  const envelopeFrom = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
  return {
    recipients: addresses.map((address) => address.toLowerCase()),
    mail: {
      from: parsed.from?.address ?? envelopeFrom,
      to: addresses.join(', '),
      subject: parsed.subject ?? '',
      text: (parsed.text ?? '').replaceAll('\r\n', '\n'),
      date: new Date(clock.now()).toISOString(),
    },
  };
}
