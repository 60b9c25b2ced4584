import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../../src/core/time.ts';
import { createAuthority, newKey } from './authority.ts';
import type { Lookups } from './lookups.ts';
import { ProblemError, problemDocument, PROBLEM_PREFIX, type Problem } from './problems.ts';
import { randomToken, seededRandom } from './random.ts';
import { type Nonces, readBody, readSigned } from './requests.ts';
import { answerPlain, answerSigned, findTarget, type Target } from './routes.ts';
import { type Answer, newScript, retryAfterText, type Script, type Seen, takeRule } from './script.ts';
import { type Account, type Certificate, namesKey, type Order, type World } from './state.ts';
import { misbehave } from './trouble.ts';

export interface AcmeServerOptions {
  /** The system's unless given. */
  clock?: Clock;
  /** Tokens, serials, nonces and rejections follow from it. */
  seed?: number;
  /** HTTPS with a certificate of `tlsRoot`; plain HTTP otherwise. */
  tls?: boolean;
  /** For verdicts `check`. */
  lookups?: Lookups;
  /** `meta` of the directory; `days` is how long certificates of a profile live. */
  meta?: World['meta'];
  /** External account binding: MAC keys in base64url by their id. */
  bindingKeys?: Readonly<Record<string, string>>;
}

export interface AcmeServer {
  /** `http://127.0.0.1:PORT` or `https://localhost:PORT`. */
  origin: string;
  directoryUrl: string;
  /** Change it at any time; holds from the next request on. */
  script: Script;
  /** All requests, in the order in which they came. */
  seen: readonly Seen[];
  accounts: readonly Account[];
  orders: readonly Order[];
  certificates: readonly Certificate[];
  /** PEM: roots of the certificates it issues, the default chain's first. */
  roots: readonly string[];
  /** PEM: what a client must trust for `tls`; null without. */
  tlsRoot: string | null;
  /** Certificates signed for exactly these names, or all. */
  certificatesIssued(names?: string | readonly string[]): number;
  /** Requests of an endpoint that were answered whole. */
  count(endpoint: Seen['endpoint']): number;
  close(): Promise<void>;
}

/** Starts a CA of RFC 8555 on loopback, port 0. */
export async function startAcmeServer(options: AcmeServerOptions = {}): Promise<AcmeServer> {
  const random = seededRandom(options.seed ?? 1);
  const now = (): number => options.clock?.now() ?? Date.now();
  const authority = createAuthority(now(), 3, () => Buffer.from(randomToken(random, 16), 'base64url'));
  const { server, tlsRoot } = listenOn(options.tls === true);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const world: World = {
    origin: tlsRoot === null ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    now,
    random,
    script: newScript(),
    authority,
    lookups: options.lookups ?? null,
    meta: options.meta ?? {},
    bindingKeys: options.bindingKeys ?? {},
    accounts: [],
    authorizations: [],
    orders: [],
    certificates: [],
    uses: new Map(),
  };
  const seen: Seen[] = [];
  const serve = createHandler(world, seen);
  server.on('request', (request, response) => void serve(request, response));
  return {
    origin: world.origin,
    directoryUrl: `${world.origin}/directory`,
    script: world.script,
    seen,
    accounts: world.accounts,
    orders: world.orders,
    certificates: world.certificates,
    roots: authority.roots,
    tlsRoot,
    certificatesIssued: (names) => {
      if (names === undefined) return world.certificates.length;
      const key = namesKey(typeof names === 'string' ? names.split(',') : names);
      return world.certificates.filter((certificate) => namesKey(certificate.names) === key).length;
    },
    count: (endpoint) => seen.filter((one) => one.endpoint === endpoint && one.status > 0).length,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listenOn(tls: boolean): { server: Server; tlsRoot: string | null } {
  if (!tls) return { server: createHttp(), tlsRoot: null };
  // Its own little CA: clients trust it for HTTPS and must not for anything else. By the system's time, as TLS is.
  const random = seededRandom(7);
  const authority = createAuthority(Date.now(), 1, () => Buffer.from(randomToken(random, 16), 'base64url'));
  const key = newKey();
  const { pem } = authority.issue({
    names: ['localhost', '127.0.0.1'],
    spki: key.spki,
    notBefore: Date.now() - 3_600_000,
    notAfter: Date.now() + 86_400_000,
  });
  const server = createHttps({
    cert: pem + authority.intermediates[0],
    key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  });
  return { server, tlsRoot: authority.roots[0] ?? null };
}

function createNonces(world: World): Nonces {
  const out = new Map<string, number>();
  return {
    give: () => {
      const nonce = randomToken(world.random, 16);
      out.set(nonce, world.now() + world.script.nonceSeconds * 1_000);
      return nonce;
    },
    take: (nonce) => {
      const end = out.get(nonce);
      out.delete(nonce);
      return end !== undefined && end > world.now();
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function createHandler(world: World, all: Seen[]): Handler {
  const nonces = createNonces(world);
  let signedCount = 0;

  async function answer(target: Target, request: IncomingMessage, body: Buffer, seen: Seen): Promise<Answer> {
    const method = request.method ?? '';
    // RFC 8555 §6.1
    if (seen.userAgent === '') throw new ProblemError('malformed', 'A client must send a User-Agent');
    if (target.by === null) {
      if (method === 'GET' || method === 'HEAD') return answerPlain(world, target, method);
      throw new ProblemError('malformed', `${method} is not allowed here`, { status: 405 });
    }
    if (method !== 'POST') throw new ProblemError('malformed', `${method} is not allowed here`, { status: 405 });
    signedCount += 1;
    const contentType = request.headers['content-type'] ?? '';
    const ask = { contentType, body, url: world.origin + seen.path, by: target.by, count: signedCount };
    return answerSigned(world, target, readSigned(world, nonces, ask, seen));
  }

  return async (request, response) => {
    const path = request.url ?? '';
    const target = findTarget(path.split('?', 1)[0] ?? '');
    const body = await readBody(request).catch(() => Buffer.alloc(0));
    if (target === null) {
      response.writeHead(404).end();
      return;
    }
    const { endpoint } = target;
    const userAgent = request.headers['user-agent'] ?? '';
    const seen: Seen = {
      endpoint,
      method: request.method ?? '',
      path,
      payload: undefined,
      header: null,
      userAgent,
      status: 0,
      problem: null,
    };
    all.push(seen);
    const rule = takeRule(world.script, withGlance(seen, body));
    const trouble = rule?.trouble ?? null;
    if (trouble?.kind === 'reset-before') return void request.socket.resetAndDestroy();
    if (trouble?.kind === 'silent') return;
    let result: Answer;
    try {
      if (trouble?.kind === 'problem') {
        const { problem, retryAfter } = trouble;
        const wait = retryAfter === undefined ? {} : { 'retry-after': retryAfterText(retryAfter, world.now()) };
        throw new ProblemError(problem.type, problem.detail, { ...problem, headers: { ...problem.headers, ...wait } });
      }
      result = trouble?.kind === 'answer' ? trouble.answer : await answer(target, request, body, seen);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      seen.problem = error.problem.type;
      result = problemAnswer(error.problem);
    }
    // RFC 8555 §6.5: a new nonce with every answer to a POST, errors too, and from newNonce; §7.1: the index link.
    const wantsNonce = request.method === 'POST' || endpoint === 'new-nonce';
    const link = [
      result.headers.link ?? [],
      endpoint === 'directory' ? [] : `<${world.origin}/directory>;rel="index"`,
    ].flat();
    const headers = {
      'cache-control': 'no-store',
      ...(wantsNonce ? { 'replay-nonce': nonces.give() } : {}),
      ...result.headers,
      link,
    };
    await misbehave(trouble, { ...result, headers }, request, response, seen);
  };
}

/** The payload as far as it can be read before anything is checked, so that rules can look at it. */
function withGlance(seen: Seen, body: Buffer): Seen {
  try {
    const { payload } = JSON.parse(body.toString('utf8')) as { payload: string };
    const text = Buffer.from(payload, 'base64url').toString('utf8');
    return { ...seen, payload: text === '' ? null : JSON.parse(text) };
  } catch {
    return seen;
  }
}

function problemAnswer(problem: Problem): Answer {
  const body = problemDocument(problem);
  const headers = { 'content-type': 'application/problem+json', ...problem.headers };
  return { status: body.status as number, headers, body };
}

/** Type of a problem document without its prefix. */
export function problemType(body: unknown): string | null {
  const type = (body as { type?: unknown } | null)?.type;
  return typeof type === 'string' && type.startsWith(PROBLEM_PREFIX) ? type.slice(PROBLEM_PREFIX.length) : null;
}
