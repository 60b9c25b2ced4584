/**
 * Writes DNS messages (RFC 1035 §4). dns-packet is not used here: it cannot write the classes and empty data of
 * updates (RFC 2136) nor TSIG, and would not give a question back byte for byte.
 */

export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;
export const TYPE = { A: 1, NS: 2, SOA: 6, HINFO: 13, TXT: 16, AAAA: 28, OPT: 41, TSIG: 250 } as const;

export interface WireRecord {
  /** Written by `nameOctets`, or a pointer. */
  owner: Uint8Array;
  type: number;
  class: number;
  /** Seconds. */
  ttl: number;
  data: Uint8Array;
}

export interface WireMessage {
  id: number;
  flags: number;
  /** Questions, or the zone of an update: complete octets, and how many they are. */
  question: Uint8Array;
  questions: number;
  answers: readonly WireRecord[];
  authorities: readonly WireRecord[];
  additionals: readonly WireRecord[];
}

export function writeMessage(message: WireMessage): Buffer {
  const { answers, authorities, additionals } = message;
  const header = Buffer.alloc(12);
  [message.id, message.flags, message.questions, answers.length, authorities.length, additionals.length].forEach(
    (value, at) => header.writeUInt16BE(value, at * 2),
  );
  return Buffer.concat([header, message.question, ...[...answers, ...authorities, ...additionals].map(recordOctets)]);
}

export function recordOctets({ owner, type, class: recordClass, ttl, data }: WireRecord): Uint8Array {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(recordClass, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

/** A name of plain ASCII labels, without final dot. @throws RangeError for what is no name */
export function nameOctets(name: string): Uint8Array {
  if (name === '') return Uint8Array.of(0);
  const labels = name.split('.').map((label) => {
    if (!/^[!-~]{1,63}$/.test(label)) throw new RangeError(`${name} is not a domain name`);
    return Buffer.concat([Uint8Array.of(label.length), Buffer.from(label, 'latin1')]);
  });
  const octets = Buffer.concat([...labels, Uint8Array.of(0)]);
  if (octets.length > 255) throw new RangeError(`${name} is too long for a domain name`);
  return octets;
}

/** RFC 1035 §3.3.14: strings of up to 255 octets. */
export function textData(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Uint8Array.of(part.length), part);
  }
  return Buffer.concat(parts);
}

export interface StartOfAuthority {
  primary: string;
  mailbox: string;
  serial: number;
  /** Seconds, all four. */
  refresh: number;
  retry: number;
  expire: number;
  minimum: number;
}

/** RFC 1035 §3.3.13 */
export function soaData({ primary, mailbox, serial, refresh, retry, expire, minimum }: StartOfAuthority): Uint8Array {
  const numbers = Buffer.alloc(20);
  [serial >>> 0, refresh, retry, expire, minimum].forEach((value, at) => numbers.writeUInt32BE(value, at * 4));
  return Buffer.concat([nameOctets(primary), nameOctets(mailbox), numbers]);
}

/** OPT of an answer (RFC 6891 §6.1.2). `code` is the extended response code's upper eight bits. */
export function optRecord(udpSize: number, code = 0): WireRecord {
  return { owner: Uint8Array.of(0), type: TYPE.OPT, class: udpSize, ttl: (code << 24) >>> 0, data: new Uint8Array() };
}
