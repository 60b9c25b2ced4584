import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type DecodedPacket, decode, encode, type Packet, type RecordType } from 'dns-packet';
import type { Endpoint } from '../../src/sandbox/dns-server.ts';

export const question = (name: string, type: RecordType, more: Partial<Packet> = {}): Buffer =>
  encode({ type: 'query', id: 4711, flags: 0x0100, questions: [{ name, type, class: 'IN' }], ...more });

/** EDNS with this UDP size. */
export const edns = (udpPayloadSize: number): Partial<Packet> => ({
  additionals: [
    { type: 'OPT', name: '.', udpPayloadSize, flags: 0, extendedRcode: 0, ednsVersion: 0, options: [] } as never,
  ],
});

export async function askUdp(server: Endpoint, query: Buffer): Promise<DecodedPacket & { size: number }> {
  const socket = createSocket('udp4');
  try {
    socket.send(query, server.port, server.host);
    const [reply] = (await once(socket, 'message')) as [Buffer];
    return { ...decode(reply), size: reply.length };
  } finally {
    socket.close();
  }
}

/** Sends the bytes as given, in pieces, and reads as many replies as asked for. */
export async function askTcp(server: Endpoint, queries: Buffer[], pieces = 1): Promise<DecodedPacket[]> {
  const socket = connect(server.port, server.host);
  await once(socket, 'connect');
  const bytes = Buffer.concat(
    queries.map((query) => Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query])),
  );
  const step = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += step) socket.write(bytes.subarray(at, at + step));
  const replies: DecodedPacket[] = [];
  let buffered = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const end = 2 + buffered.readUInt16BE(0);
      replies.push(decode(buffered.subarray(2, end)));
      buffered = buffered.subarray(end);
    }
    if (replies.length === queries.length) break;
  }
  socket.destroy();
  return replies;
}
