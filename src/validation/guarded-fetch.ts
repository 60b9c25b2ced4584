import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { DeskError } from '../core/errors.ts';
import type { Timers } from '../core/time.ts';
import type { AddressGuard } from './address-guard.ts';
import { withDeadline } from './deadline.ts';
import { pinnedRequest, type PinnedResponse } from './pinned-request.ts';
import { systemTimers } from './system.ts';

export interface GuardedFetchOptions {
  guard: AddressGuard;
  /** All addresses of a host name, the preferred one first; the system's resolver unless given. */
  lookup?: (host: string) => Promise<readonly string[]>;
  timers?: Timers;
  /** PEM of CAs that are trusted beside the system's. */
  trustedCa?: string;
}

export interface GuardedRequest {
  /** GET unless given. */
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** For everything together: lookups, redirects, body. Milliseconds. */
  timeoutMs: number;
  /** A longer body is an error. */
  maxBytes: number;
  /** 0 (unless given): an answer that redirects is returned as it is. */
  maxRedirects?: number;
}

export interface GuardedResponse {
  status: number;
  /** Lower-case names; repeated ones joined by `, `. */
  headers: Record<string, string>;
  body: Uint8Array;
}

export type GuardedFetch = (url: string, request: GuardedRequest) => Promise<GuardedResponse>;

/** Sent on only to the origin for which they were meant. */
const PRIVATE_HEADERS = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * For calls to URLs that customers name (webhooks): each hop is looked up once, all its addresses pass the guard, and
 * the connection goes to just these. http and https; certificates are verified; nothing is decompressed; no cookies,
 * no proxy of the environment. Redirects: 307 and 308, for GET and HEAD also 301, 302 and 303; never from https to
 * http; credentials do not travel to another origin.
 * @throws DeskError `not-allowed` for addresses, schemes and redirects that are refused; `internal` with a plain
 *   message where the network or the other side fails.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const timers = options.timers ?? systemTimers;

  async function addressesOf(host: string): Promise<readonly string[]> {
    const addresses = isIP(host) === 0 ? await lookupAll(host) : [host];
    if (addresses.length === 0) throw new Error(`${host} has no address`);
    for (const address of addresses) options.guard.check(address);
    return addresses;
  }

  async function lookupAll(host: string): Promise<readonly string[]> {
    if (options.lookup !== undefined) return await options.lookup(host);
    return (await systemLookup(host, { all: true })).map((entry) => entry.address);
  }

  async function follow(start: URL, request: GuardedRequest, signal: AbortSignal): Promise<PinnedResponse> {
    let url = start;
    let headers: Record<string, string> = { 'accept-encoding': 'identity', ...lowerCase(request.headers ?? {}) };
    const method = (request.method ?? 'GET').toUpperCase();
    for (let left = request.maxRedirects ?? 0; ; left -= 1) {
      const addresses = await addressesOf(url.hostname.replace(/^\[|\]$/g, ''));
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
      const response = await pinnedRequest({
        url,
        method,
        headers,
        signal,
        timers,
        ...(request.body === undefined ? {} : { body: request.body }),
        endpoints: addresses.map((address) => ({ address, port })),
        verifyTls: true,
        ...(options.trustedCa === undefined ? {} : { trustedCa: options.trustedCa }),
        connectTimeoutMs: request.timeoutMs,
        responseTimeoutMs: request.timeoutMs,
        maxBytes: request.maxBytes,
        readBody: () => true,
      });
      const location = response.headers['location'];
      if (location === undefined || !redirects(response.status, method) || (request.maxRedirects ?? 0) === 0)
        return response;
      if (left === 0)
        throw new DeskError('not-allowed', `${start.host} redirects more than ${request.maxRedirects} times`);

      const next = checkUrl(location, url);
      if (url.protocol === 'https:' && next.protocol === 'http:') {
        throw new DeskError('not-allowed', `${url.host} redirects from https to http`);
      }
      if (next.origin !== url.origin) headers = without(headers, PRIVATE_HEADERS);
      url = next;
    }
  }

  return async (text, request) => {
    const url = checkUrl(text);
    let response: PinnedResponse;
    try {
      response = await withDeadline(timers, request.timeoutMs, `no answer within ${request.timeoutMs} ms`, (signal) =>
        follow(url, request, signal),
      );
    } catch (error) {
      if (error instanceof DeskError) throw error;
      throw new DeskError('internal', `${url.host} could not be called: ${(error as Error).message}`, { cause: error });
    }
    if (response.truncated)
      throw new DeskError('internal', `${url.host} answered with more than ${request.maxBytes} bytes`);
    return { status: response.status, headers: response.headers, body: response.body };
  };
}

function checkUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null) throw new DeskError('not-allowed', `${text.slice(0, 200)} is not a URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DeskError('not-allowed', `${url.protocol} is not called, only http and https`);
  }
  if (url.username !== '' || url.password !== '')
    throw new DeskError('not-allowed', 'a URL with a user name or password is not called');
  return url;
}

function redirects(status: number, method: string): boolean {
  if (status === 307 || status === 308) return true;
  return (status === 301 || status === 302 || status === 303) && (method === 'GET' || method === 'HEAD');
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function without(headers: Record<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
