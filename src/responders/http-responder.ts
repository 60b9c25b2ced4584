import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Answers } from './answers.ts';
import { hostOf } from './hosts.ts';
import { closeServer, type Counted, type ListenAddress, listenOn, type Responder } from './listen.ts';

const CONNECTIONS = 512;
const HEADERS_LIMIT = 8_192;

/** The paths at which anything is ever answered (RFC 8555 §8.3, BR 3.2.2.4.18), without a query. */
const PATH =
  /^\/\.well-known\/(?:acme-challenge\/[A-Za-z0-9_-]{1,256}|pki-validation\/[A-Za-z0-9][A-Za-z0-9._-]{0,255})$/;

export interface HttpResponderOptions {
  answers: Pick<Answers, 'values'>;
  listen: ListenAddress;
  count: Counted;
  log: { warn(details: object, message: string): void };
}

/**
 * Answers http-01 challenges and validation files by host and path, over plain HTTP. Everything else is a short 404;
 * bodies are never read, redirects never sent.
 * @throws DeskError `invalid-value` where it cannot listen
 */
export async function startHttpResponder(options: HttpResponderOptions): Promise<Responder> {
  const open = new Set<Socket>();
  const server = createServer({
    requestTimeout: 5_000,
    headersTimeout: 5_000,
    keepAliveTimeout: 1_000,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: HEADERS_LIMIT,
  });
  server.maxConnections = CONNECTIONS;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.on('request', (request, response) => void respond(options, request, response));
  // Node would otherwise ask for the body that nobody reads.
  server.on('checkContinue', (_request, response: ServerResponse) => send(response, 417, 'Not here\n', true));
  server.on('upgrade', (_request, socket) => socket.destroy());
  const port = await listenOn(server, options.listen, 'HTTP');
  return { host: options.listen.host, port, close: () => closeServer(server, open) };
}

async function respond(
  { answers, count, log }: HttpResponderOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bodiless = request.method === 'HEAD';
  if (request.method !== 'GET' && !bodiless) {
    count('refused');
    return send(response, 405, 'Only GET and HEAD\n', true, { allow: 'GET, HEAD' });
  }
  const asked = readAsked(request);
  if (asked === null) {
    count('not-found');
    return send(response, 404, 'Nothing here\n', !bodiless);
  }
  try {
    const [value] = await answers.values('http', asked.host, asked.path);
    count(value === undefined ? 'not-found' : 'found');
    if (value === undefined) return send(response, 404, 'Nothing here\n', !bodiless);
    // RFC 8555 §8.3: a key authorization is sent as octets.
    const acme = asked.path.startsWith('/.well-known/acme-challenge/');
    send(response, 200, value, !bodiless, acme ? { 'content-type': 'application/octet-stream' } : {});
  } catch (err) {
    count('failed');
    log.warn({ err }, 'a challenge over HTTP could not be answered');
    send(response, 503, 'Not now\n', !bodiless, { 'retry-after': '1' });
  }
}

/** Host and path that are looked up; null for everything that cannot be answered. */
function readAsked(request: IncomingMessage): { host: string; path: string } | null {
  const headers = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  // RFC 9112 §3.2: with two of them, programs before us may have taken the other one.
  if (headers.length !== 1) return null;
  const host = hostOf(request.headers.host ?? '');
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  return host === null || !PATH.test(path) ? null : { host, path };
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  withBody: boolean,
  more: Record<string, string> = {},
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...more,
  });
  response.end(withBody ? body : undefined);
}
