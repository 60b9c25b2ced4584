import { isIP } from 'node:net';
import { DeskError } from '../core/errors.ts';
import type { DomainCheck } from '../core/ports.ts';
import type { Challenge } from '../core/records.ts';
import type { Clock, Timers } from '../core/time.ts';
import type { AddressGuard } from './address-guard.ts';
import { withDeadline } from './deadline.ts';
import { pinnedRequest, type Endpoint, type PinnedResponse } from './pinned-request.ts';
import type { DnsQueryEvidence, Resolver } from './resolver.ts';

type HttpChallenge = Extract<Challenge, { method: 'http' }>;

export interface HttpCheckOptions {
  /**
   * Where the installation itself serves a name (the sandbox's web server for its reserved names). Such a name is
   * neither looked up nor guarded. Null for every other name.
   */
  route?: (host: string, port: number) => Endpoint | null;
  /** For each address, until the connection stands. Milliseconds, 10,000 unless given. */
  connectTimeoutMs?: number;
  /** From the connection to the end of the headers. Milliseconds, 10,000 unless given. */
  responseTimeoutMs?: number;
  /** For the whole check: lookups, redirects and body. Milliseconds, 30,000 unless given. */
  totalTimeoutMs?: number;
}

export interface HttpCheckTools {
  resolver: Resolver;
  guard: AddressGuard;
  clock: Clock;
  timers: Timers;
  /** `pinnedRequest` unless given. */
  request?: typeof pinnedRequest;
}

/** Challenge files have about a hundred bytes; a longer file than this never matches. */
const MAX_BYTES = 4_096;
const MAX_REDIRECTS = 10;
/** BR 3.2.2.4.18: only these follow as redirects. */
const REDIRECTS = [301, 302, 307, 308];
/** Of the Authorized Ports (BR 1.6.1) those for http and https. */
const PORTS = [80, 443];

/** One request of the check, for the record: when, what, of whom, what came back. */
export interface HttpHop {
  at: number;
  url: string;
  queries?: DnsQueryEvidence[];
  connectedTo?: string;
  status?: number;
  location?: string;
}

type Verdict = Pick<DomainCheck, 'outcome' | 'message'>;

/**
 * Fetches `http://host/path` and compares the file with the challenge (BR 3.2.2.4.18). The file matches where it has
 * the challenge's lines and no others: line ends may be LF or CRLF, blanks at line ends and empty lines at the end do
 * not count. Each hop's host is looked up once with our own resolver, every address must pass the guard, and the
 * connection goes to one of just these. Certificates are not verified on https hops: a name that still has to get its
 * certificate cannot be asked for a valid one, and the proof is the file, whoever reads along. Never throws for what
 * the network does.
 */
export async function checkHttp(
  challenge: HttpChallenge,
  options: HttpCheckOptions,
  tools: HttpCheckTools,
): Promise<DomainCheck> {
  const hops: HttpHop[] = [];
  const total = options.totalTimeoutMs ?? 30_000;
  let verdict: Verdict;
  let body: Uint8Array | undefined;
  try {
    const start = startUrl(challenge);
    const response = await withDeadline(tools.timers, total, `the whole check took more than ${total} ms`, (signal) =>
      fetchFile(start, hops, signal, options, tools),
    );
    body = response.body;
    verdict = judge(response, challenge, hops.at(-1)?.url ?? start.href);
  } catch (error) {
    const outcome = error instanceof DeskError && error.kind === 'not-allowed' ? 'refused' : 'unreachable';
    const where = hops.at(-1)?.url ?? `http://${challenge.host}${challenge.path}`;
    verdict = { outcome, message: `${where}: ${(error as Error).message}` };
  }
  const received = body === undefined ? {} : { received: Buffer.from(body).toString('latin1').slice(0, 300) };
  return { ...verdict, evidence: { method: 'http', expected: challenge.content, hops, ...received } };
}

function startUrl(challenge: HttpChallenge): URL {
  // An empty file proves nothing.
  if (plainLines(challenge.content) === '') throw new DeskError('not-allowed', 'the challenge expects nothing');
  const host = challenge.host.replace(/\.$/, '').toLowerCase();
  // An address is asked at itself (BR 3.2.2.5.1); the guard says whether it may be called.
  const written = isIP(host) === 6 ? `[${host}]` : host;
  const url = challenge.path.startsWith('/') ? URL.parse(`http://${written}${challenge.path}`) : null;
  const isName = isIP(host) === 0 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host);
  // Also refuses `*.`, ports, and numbers that a URL would read as an address.
  if (url === null || url.host !== written || (isIP(host) === 0 && !isName)) {
    throw new DeskError('not-allowed', 'not a host and path of which a file can be asked');
  }
  return url;
}

async function fetchFile(
  start: URL,
  hops: HttpHop[],
  signal: AbortSignal,
  options: HttpCheckOptions,
  tools: HttpCheckTools,
): Promise<PinnedResponse> {
  let url = start;
  for (let redirects = 0; ; redirects += 1) {
    const hop: HttpHop = { at: tools.clock.now(), url: url.href.slice(0, 500) };
    hops.push(hop);
    const endpoints = await endpointsOf(url, hop, options, tools);
    signal.throwIfAborted();
    const response = await (tools.request ?? pinnedRequest)({
      url,
      method: 'GET',
      headers: { 'user-agent': 'Chancery domain validation', accept: '*/*', 'accept-encoding': 'identity' },
      endpoints,
      verifyTls: false,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      responseTimeoutMs: options.responseTimeoutMs ?? 10_000,
      timers: tools.timers,
      signal,
      maxBytes: MAX_BYTES,
      readBody: (status) => status >= 200 && status < 300,
    });
    hop.connectedTo = `${response.endpoint.address} port ${response.endpoint.port}`;
    hop.status = response.status;
    if (!REDIRECTS.includes(response.status)) return response;

    const location = response.headers['location'];
    if (location === undefined) throw new Error(`status ${response.status} without a Location`);
    hop.location = location.slice(0, 500);
    if (redirects === MAX_REDIRECTS) throw new DeskError('not-allowed', `more than ${MAX_REDIRECTS} redirects`);
    url = redirectTarget(location, url);
  }
}

function redirectTarget(location: string, from: URL): URL {
  const url = URL.parse(location, from);
  if (url === null) throw new DeskError('not-allowed', 'redirects to something that is not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DeskError('not-allowed', `redirects to ${url.protocol}, only http and https are followed`);
  }
  if (url.username !== '' || url.password !== '')
    throw new DeskError('not-allowed', 'redirects to a URL with a user name or password');
  if (!PORTS.includes(portOf(url)))
    throw new DeskError('not-allowed', `redirects to port ${url.port}, only 80 and 443 are followed`);
  return url;
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

/** The addresses of the URL's host, each checked. @throws DeskError `not-allowed` where the guard refuses one. */
async function endpointsOf(
  url: URL,
  hop: HttpHop,
  options: HttpCheckOptions,
  tools: HttpCheckTools,
): Promise<Endpoint[]> {
  const port = portOf(url);
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const own = options.route?.(host, port) ?? null;
  if (own !== null) return [own];
  if (isIP(host) !== 0) {
    tools.guard.check(host);
    return [{ address: host, port }];
  }

  const [v4, v6] = await Promise.all([tools.resolver.resolve(host, 'A'), tools.resolver.resolve(host, 'AAAA')]);
  hop.queries = [...v4.evidence, ...v6.evidence];
  const addresses = [...v4.records, ...v6.records].filter((record) => typeof record === 'string');
  if (addresses.length === 0) throw new Error(v4.message || v6.message);
  // One special address among them is enough to refuse: which one is taken must not be up to luck.
  for (const address of addresses) tools.guard.check(address);
  // One of each family: more would only lengthen the wait.
  const chosen = [v4.records[0], v6.records[0]].filter((record) => typeof record === 'string');
  return chosen.map((address) => ({ address, port }));
}

function judge(response: PinnedResponse, challenge: HttpChallenge, url: string): Verdict {
  const { status } = response;
  if (status === 404 || status === 410)
    return { outcome: 'not-found', message: `${url}: there is no such file (status ${status})` };
  if (status < 200 || status > 299)
    return { outcome: 'unreachable', message: `${url}: the server answered with status ${status}` };
  if (response.truncated) return { outcome: 'mismatch', message: `${url}: the file has more than ${MAX_BYTES} bytes` };
  const found = Buffer.from(response.body).toString('latin1');
  if (plainLines(found) === plainLines(challenge.content))
    return { outcome: 'passed', message: `${url} holds the expected lines` };
  const shown = JSON.stringify(found.slice(0, 100));
  return { outcome: 'mismatch', message: `${url} holds ${shown}, not ${JSON.stringify(challenge.content)}` };
}

/** Without blanks at line ends and empty lines at the end. */
function plainLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}
