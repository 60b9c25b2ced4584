import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, getCACertificates } from 'node:tls';
import { type buildConnector, Client } from 'undici';
import type { Timers } from '../core/time.ts';

/** Where a connection goes, whatever the URL's host says. */
export interface Endpoint {
  /** An IP address. */
  address: string;
  port: number;
}

export interface PinnedRequest {
  /** http or https. Gives path, `Host` and SNI; is not looked up. */
  url: URL;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** Tried in order until one accepts the connection. Already checked. */
  endpoints: readonly Endpoint[];
  /** False: any certificate is taken. */
  verifyTls: boolean;
  /** PEM of CAs that are trusted beside the system's. */
  trustedCa?: string;
  /** For each endpoint, until the connection (with TLS) stands. Milliseconds. */
  connectTimeoutMs: number;
  /** From then until the headers are complete. Milliseconds. */
  responseTimeoutMs: number;
  timers: Timers;
  /** Ends everything, with its reason as the error. */
  signal: AbortSignal;
  /** Bytes of body that are read at most. */
  maxBytes: number;
  /** Whether the body of an answer with this status is of interest. */
  readBody: (status: number) => boolean;
}

export interface PinnedResponse {
  status: number;
  /** Lower-case names; repeated ones joined by `, `. */
  headers: Record<string, string>;
  /** As sent: never decompressed. */
  body: Uint8Array;
  /** The body goes on beyond `maxBytes`. */
  truncated: boolean;
  endpoint: Endpoint;
}

const MAX_HEADER_BYTES = 16_384;

/**
 * One HTTP/1.1 exchange over one fresh connection to an address chosen by the caller. Follows no redirect, keeps no
 * cookies, reads no proxy settings from the environment.
 * @throws Error with what went wrong: connection refused, time-out, headers over 16 KiB, not HTTP, `signal`'s reason.
 */
export async function pinnedRequest(request: PinnedRequest): Promise<PinnedResponse> {
  let failure = new Error('no address to connect to');
  for (const endpoint of request.endpoints) {
    const attempt = { connected: false };
    try {
      return await requestOne(request, endpoint, attempt);
    } catch (error) {
      failure = error as Error;
      if (attempt.connected || request.signal.aborted) break;
    }
  }
  throw failure;
}

async function requestOne(
  request: PinnedRequest,
  endpoint: Endpoint,
  attempt: { connected: boolean },
): Promise<PinnedResponse> {
  const abort = new AbortController();
  const phase = (milliseconds: number, message: string) =>
    request.timers.after(milliseconds, () => abort.abort(new Error(message)));
  let endPhase = phase(request.connectTimeoutMs, `no connection to ${endpoint.address} port ${endpoint.port} in time`);
  const signal = AbortSignal.any([request.signal, abort.signal]);
  const client = new Client(request.url.origin, {
    connect: connector(request, endpoint, signal, () => {
      attempt.connected = true;
      endPhase();
      endPhase = phase(request.responseTimeoutMs, 'no complete response headers in time');
    }),
    pipelining: 0,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Ours are exact and come from the caller's timers.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  try {
    signal.throwIfAborted();
    const response = await client.request({
      path: request.url.pathname + request.url.search,
      method: request.method as 'GET',
      headers: request.headers,
      body: request.body ?? null,
      signal,
    });
    endPhase();
    response.body.on('error', () => {});
    const wanted = request.readBody(response.statusCode);
    const read = wanted
      ? await readAtMost(response.body, request.maxBytes)
      : { body: new Uint8Array(), truncated: false };
    return { status: response.statusCode, headers: joinHeaders(response.headers), ...read, endpoint };
  } catch (error) {
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    endPhase();
    client.destroy().catch(() => {});
  }
}

/** Goes to the endpoint and nowhere else: the address is a literal, so nothing is looked up a second time. */
function connector(
  request: PinnedRequest,
  endpoint: Endpoint,
  signal: AbortSignal,
  connected: () => void,
): buildConnector.connector {
  return (_options, callback) => {
    const to = { host: endpoint.address, port: endpoint.port };
    const host = request.url.hostname.replace(/^\[|\]$/g, '');
    const secure = request.url.protocol === 'https:';
    const socket = secure
      ? connectTls({
          ...to,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          rejectUnauthorized: request.verifyTls,
          ...(request.trustedCa === undefined ? {} : { ca: [...getCACertificates('default'), request.trustedCa] }),
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp(to);
    const stop = () => socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', stop));
    const failed = (error: Error) => callback(error, null);
    socket.once('error', failed);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.off('error', failed);
      connected();
      callback(null, socket);
    });
  };
}

async function readAtMost(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ body: Uint8Array; truncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { body: new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes)), truncated: size > maxBytes };
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
