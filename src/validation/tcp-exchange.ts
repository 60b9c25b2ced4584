import { connect } from 'node:net';
import type { Timers } from '../core/time.ts';

/** Nothing whole came back in time. */
export class TimedOut extends Error {}

/** RFC 7766 §8: a message with its length before it. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/**
 * One DNS message there and one back over TCP (RFC 7766). `timeoutMs` is for everything together.
 * @throws TimedOut, or Error with what went wrong
 */
export function exchangeTcp(
  { host, port }: { host: string; port: number },
  message: Uint8Array,
  { timeoutMs, timers }: { timeoutMs: number; timers: Timers },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const cancel = timers.after(timeoutMs, () => finish(new TimedOut(`no answer within ${timeoutMs} ms`)));
    const finish = (result: Buffer | Error): void => {
      cancel();
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('the server closed the connection')));
    socket.on('connect', () => socket.write(framed(message)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length >= 2 + length) finish(Buffer.from(received.subarray(2, 2 + length)));
    });
  });
}
