import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext } from 'node:tls';
import type { Random } from '../core/ports.ts';
import type { Clock } from '../core/time.ts';
import { challengeCertificate } from './alpn-certificate.ts';
import type { Answers } from './answers.ts';
import { identifierOf } from './hosts.ts';
import { closeServer, type Counted, type ListenAddress, listenOn, type Responder } from './listen.ts';

/** RFC 8737 §6.2 */
const PROTOCOL = 'acme-tls/1';
const CONNECTIONS = 256;
/** Milliseconds for the handshake, after which there is nothing to say. */
const HANDSHAKE = 5_000;
const DIGEST = /^[A-Za-z0-9_-]{43}$/;

export interface TlsAlpnResponderOptions {
  answers: Pick<Answers, 'values'>;
  clock: Clock;
  random: Random;
  listen: ListenAddress;
  count: Counted;
  log: { warn(details: object, message: string): void };
}

/**
 * Answers tls-alpn-01 (RFC 8737, RFC 8738 §6): for a server name with an answer, a certificate signed by itself, made
 * on the spot; the handshake fails for every other name and for every other protocol.
 * @throws DeskError `invalid-value` where it cannot listen
 */
export async function startTlsAlpnResponder(options: TlsAlpnResponderOptions): Promise<Responder> {
  const { answers, count, log } = options;
  const open = new Set<Socket>();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  async function contextFor(serverName: string): Promise<SecureContext | null> {
    const identifier = identifierOf(serverName);
    const [value] = identifier === null ? [] : await answers.values('tls-alpn', identifier);
    if (identifier === null || value === undefined || !DIGEST.test(value)) return null;
    return contextOf(identifier, value, privateKey, options);
  }

  const server = createServer({
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE,
    ALPNCallback: ({ protocols }) => (protocols.includes(PROTOCOL) ? PROTOCOL : undefined),
    SNICallback: (serverName, answer) => {
      contextFor(serverName).then(
        (context) => {
          count(context === null ? 'not-found' : 'found');
          if (context === null) answer(new Error('there is no challenge for this name'));
          else answer(null, context);
        },
        (err: Error) => {
          count('failed');
          log.warn({ err }, 'a challenge over TLS could not be answered');
          answer(err);
        },
      );
    },
  });
  server.maxConnections = CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    // RFC 8737 §3: nothing is said once the handshake is complete, and nobody's end is waited for: who never hangs up
    // would keep a place. Who speaks no ALPN gets not even a proper end.
    if (socket.alpnProtocol === PROTOCOL) socket.destroySoon();
    else socket.destroy();
  });
  const port = await listenOn(server, options.listen, 'tls-alpn');
  return { host: options.listen.host, port, close: () => closeServer(server, open) };
}

function contextOf(
  identifier: string,
  value: string,
  key: KeyObject,
  { clock, random }: Pick<TlsAlpnResponderOptions, 'clock' | 'random'>,
): SecureContext {
  const digest = Buffer.from(value, 'base64url');
  const cert = challengeCertificate({ identifier, digest, key, now: clock.now(), serial: random.bytes(16) });
  return createSecureContext({ key: key.export({ format: 'pem', type: 'pkcs8' }), cert });
}
