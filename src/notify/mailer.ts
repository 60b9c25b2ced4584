import { createTransport } from 'nodemailer';
import { DeskError, invalidValue } from '../core/errors.ts';

/** The mail server that passes our mails on. */
export interface MailerConfig {
  host: string;
  port: number;
  /** TLS from the first byte (port 465); otherwise STARTTLS where the server offers it. */
  secure: boolean;
  user?: string;
  password?: string;
  /** Sender, `desk@ca.example` or `The desk <desk@ca.example>`. */
  from: string;
}

export interface Mail {
  /** One address without a name. */
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /**
   * Hands a mail to the mail server; resolves when the server has taken it.
   * @throws DeskError `invalid-value` for what cannot stand in a mail, `internal` where the server did not take it
   */
  send(mail: Mail): Promise<void>;
  close(): void;
}

const TIMEOUT = 15_000;

/** Plain text mails to the configured server, over at most two kept connections. */
export function createMailer(config: MailerConfig): Mailer {
  const from = checkLine(config.from, 'from');
  const transport = createTransport({
    pool: true,
    maxConnections: 2,
    host: config.host,
    port: config.port,
    secure: config.secure,
    // A password never crosses a network in the clear.
    requireTLS: config.user !== undefined && !config.secure && !isLoopback(config.host),
    ...(config.user === undefined ? {} : { auth: { user: config.user, pass: config.password ?? '' } }),
    connectionTimeout: TIMEOUT,
    greetingTimeout: TIMEOUT,
    socketTimeout: TIMEOUT,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      const message = {
        from,
        to: { name: '', address: checkAddress(to) },
        subject: checkLine(subject, 'subject'),
        text,
        // RFC 3834 §5: no vacation notices in return.
        headers: { 'Auto-Submitted': 'auto-generated' },
      };
      try {
        await transport.sendMail(message);
      } catch (cause) {
        const server = `${config.host}:${config.port}`;
        throw new DeskError('internal', `The mail server ${server} did not take a mail; check the mail settings`, {
          cause,
        });
      }
    },
    close: () => transport.close(),
  };
}

/** One mailbox, nothing that a header or an SMTP command could be built with. */
function checkAddress(address: string): string {
  if (address.length > 254 || !/^[^\s@<>,;:"()[\]\\\p{Cc}]{1,64}@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u.test(address)) {
    throw invalidValue('to', 'Must be one mail address');
  }
  return address;
}

function checkLine(text: string, field: string): string {
  if (text.length > 500 || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) throw invalidValue(field, 'Must be one line of text');
  return text;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
