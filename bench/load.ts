import { connect, type Socket } from 'node:net';
import { percentile } from './measure.ts';

/** What a load of equal requests showed. */
export interface LoadResult {
  count: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

export interface Load {
  port: number;
  connections: number;
  /** Requests to send, over all connections. */
  count: number;
  /** After which no more are sent. */
  seconds?: number;
  /** The request with this number, whole with its head. */
  request: (at: number) => string;
  /** Status of every answer; any other ends the run. */
  expect: number;
}

/**
 * Sends requests over connections that stay open, each as soon as the answer before it is in. Written on bare
 * sockets: it shares the processors with the server that it measures.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const latencies = new Float64Array(load.count);
  let next = 0;
  let done = 0;
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)));
  const start = performance.now();
  const end = start + (load.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  try {
    await Promise.all(
      sockets.map((socket) =>
        converse(socket, load.expect, (milliseconds) => {
          if (milliseconds !== null) {
            latencies[done] = milliseconds;
            done += 1;
          }
          if (next === load.count || performance.now() > end) return null;
          next += 1;
          return load.request(next - 1);
        }),
      ),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - start) / 1_000;
  const sorted = latencies.subarray(0, done).sort();
  return { count: done, perSecond: done / seconds, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Sends what `next` gives until that is null. It is told how long each answer took. */
function converse(socket: Socket, expect: number, next: (milliseconds: number | null) => string | null): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = '';
    let sent = 0;
    const send = (milliseconds: number | null): void => {
      const request = next(milliseconds);
      if (request === null) return resolve();
      sent = performance.now();
      socket.write(request, 'latin1');
    };
    socket.setEncoding('latin1');
    socket.on('error', reject).on('close', () => reject(new Error('The server closed a connection')));
    socket.on('data', (chunk: Buffer | string) => {
      received += String(chunk);
      const head = received.indexOf('\r\n\r\n');
      if (head < 0 || received.length < head + 4 + contentLength(received)) return;
      if (!received.startsWith(`HTTP/1.1 ${expect}`)) return reject(new Error(`Not ${expect}: ${received}`));
      received = '';
      send(performance.now() - sent);
    });
    send(null);
  });
}

function contentLength(text: string): number {
  const at = text.indexOf('content-length: ');
  return at < 0 ? 0 : Number.parseInt(text.slice(at + 16, at + 26), 10);
}
