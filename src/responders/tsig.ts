import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/time.ts';
import { type DnsMessage, readName } from '../validation/dns-message.ts';
import { CLASS, nameOctets, recordOctets, TYPE } from './dns-writer.ts';

/** Signatures of DNS messages with a shared secret (RFC 8945). */

export interface TsigKey {
  /** Lower case, without final dot. */
  name: string;
  algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  secret: Uint8Array;
}

/** Seconds by which clocks may differ (RFC 8945 §10). */
const FUDGE = 300;

/** Answers that are not what the key's holder said. The message is for the operator. */
export class TsigError extends Error {}

export interface SignedMessage {
  octets: Buffer;
  /** The answer is signed over it as well. */
  mac: Uint8Array;
}

/** The message with a TSIG record at its end (RFC 8945 §5.1). */
export function signMessage(message: Buffer, key: TsigKey, clock: Clock): SignedMessage {
  const at = Math.floor(clock.now() / 1_000);
  const mac = createHmac(digestOf(key), key.secret)
    .update(message)
    .update(variables(key, at, FUDGE, 0, NONE))
    .digest();
  const fixed = Buffer.alloc(10);
  fixed.writeUIntBE(at, 0, 6);
  fixed.writeUInt16BE(FUDGE, 6);
  fixed.writeUInt16BE(mac.length, 8);
  // Original id, error, no other data.
  const tail = Buffer.alloc(6);
  message.copy(tail, 0, 0, 2);
  const record = recordOctets({
    owner: nameOctets(key.name),
    type: TYPE.TSIG,
    class: CLASS.ANY,
    ttl: 0,
    data: Buffer.concat([nameOctets(key.algorithm), fixed, mac, tail]),
  });
  const octets = Buffer.concat([message, record]);
  octets.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { octets, mac };
}

/**
 * Checks that an answer is signed with the key, over our request, at about this time (RFC 8945 §5.3).
 * @throws TsigError that says what is wrong; RangeError for broken octets
 */
export function checkAnswer(answer: DnsMessage, requestMac: Uint8Array, key: TsigKey, clock: Clock): void {
  const record = answer.additionals.at(-1);
  if (record?.type !== TYPE.TSIG || record.class !== CLASS.ANY) throw new TsigError('the answer is not signed');
  const { algorithm, at, fudge, mac, error, other } = readFields(answer, record.at, record.length);
  // RFC 8945 §5.2.1, §5.2.2: such answers carry no signature, for there is no key that both know.
  if (error === 16) throw new TsigError('the server does not know the TSIG key or its name (BADSIG)');
  if (error === 17) throw new TsigError('the server does not know the TSIG key (BADKEY)');
  if (record.name.toLowerCase() !== key.name || algorithm.toLowerCase() !== key.algorithm)
    throw new TsigError('the answer is signed with another key');

  const { bytes } = answer;
  const unsigned = Buffer.from(bytes.subarray(0, record.start));
  // The id before anybody on the way changed it, and no TSIG among the records.
  bytes.copy(unsigned, 0, record.at + record.length - other.length - 6, record.at + record.length - other.length - 4);
  unsigned.writeUInt16BE(unsigned.readUInt16BE(10) - 1, 10);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(requestMac.length);
  const wanted = createHmac(digestOf(key), key.secret)
    .update(length)
    .update(requestMac)
    .update(unsigned)
    .update(variables(key, at, fudge, error, other))
    .digest();
  if (mac.length !== wanted.length || !timingSafeEqual(mac, wanted))
    throw new TsigError('the signature of the answer does not match');
  if (error === 18) {
    const theirs = other.length === 6 ? new Date(other.readUIntBE(0, 6) * 1_000).toISOString() : 'unknown';
    throw new TsigError(`the clocks differ: the server has ${theirs} (BADTIME)`);
  }
  if (error !== 0) throw new TsigError(`the server answered TSIG error ${error}`);
  if (Math.abs(Math.floor(clock.now() / 1_000) - at) > fudge) throw new TsigError('the answer is too old or too new');
}

interface Fields {
  algorithm: string;
  at: number;
  fudge: number;
  mac: Buffer;
  error: number;
  other: Buffer;
}

/** RFC 8945 §4.2 */
function readFields({ bytes }: DnsMessage, start: number, length: number): Fields {
  const end = start + length;
  const [algorithm, next] = readName(bytes, start);
  const macLength = bytes.readUInt16BE(next + 8);
  const macEnd = next + 10 + macLength;
  const otherLength = bytes.readUInt16BE(macEnd + 4);
  if (macEnd + 6 + otherLength !== end) throw new RangeError('a TSIG record of the wrong length');
  return {
    algorithm,
    at: bytes.readUIntBE(next, 6),
    fudge: bytes.readUInt16BE(next + 6),
    mac: bytes.subarray(next + 10, macEnd),
    error: bytes.readUInt16BE(macEnd + 2),
    other: bytes.subarray(macEnd + 6, end),
  };
}

const NONE = Buffer.alloc(0);

/** RFC 8945 §4.3.3 */
function variables(key: TsigKey, at: number, fudge: number, error: number, other: Buffer): Buffer {
  const classAndTtl = Buffer.alloc(6);
  classAndTtl.writeUInt16BE(CLASS.ANY, 0);
  const fixed = Buffer.alloc(12);
  fixed.writeUIntBE(at, 0, 6);
  fixed.writeUInt16BE(fudge, 6);
  fixed.writeUInt16BE(error, 8);
  fixed.writeUInt16BE(other.length, 10);
  return Buffer.concat([nameOctets(key.name), classAndTtl, nameOctets(key.algorithm), fixed, other]);
}

function digestOf({ algorithm }: TsigKey): string {
  return algorithm.slice('hmac-'.length);
}
