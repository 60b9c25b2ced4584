import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What an update asked for, as read from its octets. */
export interface SeenUpdate {
  zone: string;
  owner: string;
  class: number;
  ttl: number;
  text: string;
  macGood: boolean;
  keyName: string;
  algorithm: string;
}

/** How the answer differs from a right one. */
export interface UpdateScript {
  rcode?: number;
  tsigError?: number;
  /** Seconds added to the time that the answer is signed at. */
  shift?: number;
  breakMac?: boolean;
  unsigned?: boolean;
  otherId?: boolean;
  otherKey?: string;
  /** 6 octets of the server's time, as in BADTIME. */
  other?: Buffer;
  silent?: boolean;
  hangUp?: boolean;
  garbage?: boolean;
}

export interface UpdateServer {
  host: string;
  port: number;
  seen: SeenUpdate[];
  script: UpdateScript;
  close(): Promise<void>;
}

/** A name server that takes updates: TSIG read and written here by hand, straight from RFC 8945. */
export async function startUpdateServer(
  key: { name: string; digest: string; secret: Buffer },
  now: () => number,
): Promise<UpdateServer> {
  const open = new Set<Socket>();
  const seen: SeenUpdate[] = [];
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const { script } = server;
      if (script.silent === true) return;
      if (script.hangUp === true) return void socket.destroy();
      const query = chunk.subarray(2);
      const reply = script.garbage === true ? Buffer.from('no message at all') : answer(query);
      socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');

  function answer(query: Buffer): Buffer {
    const { script } = server;
    const request = readUpdate(query, key);
    seen.push(request.seen);
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0) ^ (script.otherId === true ? 1 : 0), 0);
    header.writeUInt16BE(0xa800 | (script.rcode ?? 0), 2);
    if (script.unsigned === true) return header;
    const error = script.tsigError ?? 0;
    const other = script.other ?? Buffer.alloc(0);
    const at = Math.floor(now() / 1_000) + (script.shift ?? 0);
    const fixed = Buffer.alloc(8);
    fixed.writeUIntBE(at, 0, 6);
    fixed.writeUInt16BE(300, 6);
    const tail = Buffer.from([error >> 8, error & 255, other.length >> 8, other.length & 255]);
    const keyName = wireName(script.otherKey ?? key.name);
    const algorithm = wireName(`hmac-${key.digest}`);
    const unsigned = error === 16 || error === 17;
    const mac = createHmac(key.digest, key.secret)
      .update(Buffer.from([request.mac.length >> 8, request.mac.length & 255]))
      .update(request.mac)
      .update(header)
      .update(Buffer.concat([keyName, Buffer.from('00ff00000000', 'hex'), algorithm, fixed, tail, other]))
      .digest();
    if (script.breakMac === true) mac.writeUInt8(mac.readUInt8(0) ^ 1, 0);
    const shown = unsigned ? Buffer.alloc(0) : mac;
    const data = Buffer.concat([
      algorithm,
      fixed,
      Buffer.from([shown.length >> 8, shown.length & 255]),
      shown,
      header.subarray(0, 2),
      tail,
      other,
    ]);
    const record = Buffer.concat([
      keyName,
      Buffer.from('00fa00ff00000000', 'hex'),
      Buffer.from([data.length >> 8, data.length & 255]),
      data,
    ]);
    const out = Buffer.concat([header, record]);
    out.writeUInt16BE(1, 10);
    return out;
  }

  const server: UpdateServer = {
    host: '127.0.0.1',
    port: (tcp.address() as AddressInfo).port,
    seen,
    script: {},
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
  return server;
}

function wireName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** One zone, one record, one TSIG: what our updates are. */
function readUpdate(query: Buffer, key: { digest: string; secret: Buffer }): { seen: SeenUpdate; mac: Buffer } {
  const name = (at: number): [string, number] => {
    const labels: string[] = [];
    for (let next = at; ; ) {
      const size = query.readUInt8(next);
      if (size === 0) return [labels.join('.'), next + 1];
      labels.push(query.toString('latin1', next + 1, next + 1 + size));
      next += 1 + size;
    }
  };
  const [zone, afterZone] = name(12);
  const [owner, fields] = name(afterZone + 4);
  const length = query.readUInt16BE(fields + 8);
  const tsig = fields + 10 + length;
  const [keyName, tsigFields] = name(tsig);
  const [algorithm, signedAt] = name(tsigFields + 10);
  const macLength = query.readUInt16BE(signedAt + 8);
  const mac = query.subarray(signedAt + 10, signedAt + 10 + macLength);
  const message = Buffer.from(query.subarray(0, tsig));
  message.writeUInt16BE(0, 10);
  const wanted = createHmac(key.digest, key.secret)
    .update(message)
    .update(query.subarray(tsig, tsigFields))
    .update(Buffer.from('00ff00000000', 'hex'))
    .update(query.subarray(tsigFields + 10, signedAt + 8))
    .update(query.subarray(signedAt + 10 + macLength + 2))
    .digest();
  const seen: SeenUpdate = {
    zone,
    owner,
    class: query.readUInt16BE(fields + 2),
    ttl: query.readUInt32BE(fields + 4),
    text: query.toString('latin1', fields + 11, fields + 10 + length),
    macGood: wanted.equals(mac),
    keyName,
    algorithm,
  };
  return { seen, mac };
}
