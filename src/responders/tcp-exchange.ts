import { connect } from 'node:net';
import type { Timers } from '../core/time.ts';
import type { ListenAddress } from './listen.ts';

/**
 * One DNS message there and one back over TCP (RFC 7766 §8). `timeoutMs` is for everything together.
 * @throws Error with what went wrong
 */
export function exchangeTcp(
  { host, port }: ListenAddress,
  message: Uint8Array,
  { timeoutMs, timers }: { timeoutMs: number; timers: Timers },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const cancel = timers.after(timeoutMs, () => finish(new Error(`no answer within ${timeoutMs} ms`)));
    const finish = (result: Buffer | Error): void => {
      cancel();
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('the server closed the connection')));
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length >= 2 + length) finish(Buffer.from(received.subarray(2, 2 + length)));
    });
  });
}
