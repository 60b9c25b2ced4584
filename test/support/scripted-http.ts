import { createServer, type Socket, type AddressInfo } from 'node:net';

export interface ScriptedHttp {
  address: '127.0.0.1';
  port: number;
  /** The heads of all requests so far, as they came. */
  requests: string[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** A server on loopback that hands every complete request head to `script`, which writes raw bytes to the socket. */
export async function startScriptedHttp(script: (socket: Socket, head: string) => void): Promise<ScriptedHttp> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = received.slice(0, end);
      received = '';
      requests.push(head);
      script(socket, head);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    requests,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** A whole response with its length. */
export function response(status: number, body: string | Buffer, headers: Record<string, string> = {}): Buffer {
  const lines = Object.entries({ 'content-length': String(Buffer.byteLength(body)), ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n`), Buffer.from(body)]);
}
