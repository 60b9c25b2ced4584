import { once } from 'node:events';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

export interface ServerLimits {
  /** Seconds for a client to send a whole request. */
  requestTimeout: number;
  /** Seconds for a client to send the headers. */
  headersTimeout: number;
  /** Seconds that an idle connection stays open. */
  keepAliveTimeout: number;
}

/** Bytes of all headers of a request. */
const HEADERS_LIMIT = 16_384;

/**
 * A server of Node that holds against slow clients (RFC 9110 §17). It can be bound before there is anything to serve:
 * until an app takes over, it answers 503. With `tls` it needs `setSecureContext` before the first handshake.
 */
export function createHttpServer(limits: ServerLimits, tls: boolean): Server {
  const options = {
    requestTimeout: limits.requestTimeout * 1_000,
    headersTimeout: limits.headersTimeout * 1_000,
    keepAliveTimeout: limits.keepAliveTimeout * 1_000,
    maxHeaderSize: HEADERS_LIMIT,
    // How often the two time-outs are looked at; Node's default of 30 s would stretch them.
    connectionsCheckingInterval: Math.min(limits.headersTimeout * 500, 5_000),
  };
  const server = tls ? createTlsServer({ ...options, minVersion: 'TLSv1.2' }) : createPlainServer(options);
  server.on('request', (_request, response) => {
    if (server.listenerCount('request') === 1) response.writeHead(503, { 'retry-after': '1' }).end();
  });
  return server;
}

/** Starts to listen. Answers with the port, which matters where 0 was asked for. */
export async function bind(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Accepts nothing new, lets running requests end, and cuts what is left after `patience` milliseconds. */
export async function unbind(server: Server, patience: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), patience);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}
