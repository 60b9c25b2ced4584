/**
 * Reads DNS messages (RFC 1035 §4). dns-packet writes our questions; its reader is not used because it joins a
 * label that holds a dot with its neighbours, replaces bytes of CAA values that are not UTF-8, and reads a CAA tag
 * beyond the end of its record: three ways to take one answer for another.
 */
export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'NS' | 'MX' | 'SOA' | 'TXT' | 'CAA';

export const SOA = 6;
export const TYPE_CODES: Readonly<Record<RecordType, number>> = {
  A: 1,
  AAAA: 28,
  CNAME: 5,
  NS: 2,
  MX: 15,
  SOA,
  TXT: 16,
  CAA: 257,
};
const OPT = 41;
export const CLASS_IN = 1;

/** `name` as by `readName`; `data` lies at `at` within the message, so that names in it can be read. */
export interface RawRecord {
  name: string;
  /** Where the record begins. */
  start: number;
  type: number;
  class: number;
  /** Seconds. */
  ttl: number;
  at: number;
  length: number;
}

export interface DnsMessage {
  id: number;
  isResponse: boolean;
  opcode: number;
  truncated: boolean;
  /** With the upper bits of EDNS (RFC 6891 §6.1.3). */
  rcode: number;
  questions: { name: string; type: number; class: number }[];
  /** Where the section of questions ends. */
  questionsEnd: number;
  answers: RawRecord[];
  authorities: RawRecord[];
  additionals: RawRecord[];
  /** RFC 6891 §6.1.3 */
  edns: { udpSize: number; version: number } | null;
  bytes: Buffer;
}

/**
 * @throws RangeError where the bytes end early, a name points forward or is too long, or a record runs past the end.
 */
export function readMessage(bytes: Buffer): DnsMessage {
  const flags = bytes.readUInt16BE(2);
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at)) as [number, number, number, number];
  let at = 12;

  const questions: DnsMessage['questions'] = [];
  for (let n = 0; n < counts[0]; n += 1) {
    const [name, next] = readName(bytes, at);
    questions.push({ name, type: bytes.readUInt16BE(next), class: bytes.readUInt16BE(next + 2) });
    at = next + 4;
  }
  const questionsEnd = at;

  const section = (count: number): RawRecord[] => {
    const records: RawRecord[] = [];
    for (let n = 0; n < count; n += 1) {
      const start = at;
      const [name, next] = readName(bytes, at);
      const length = bytes.readUInt16BE(next + 8);
      const ttl = bytes.readUInt32BE(next + 4);
      at = next + 10 + length;
      if (at > bytes.length) throw new RangeError('a record runs past the end of the message');
      records.push({
        name,
        start,
        type: bytes.readUInt16BE(next),
        class: bytes.readUInt16BE(next + 2),
        ttl,
        at: next + 10,
        length,
      });
    }
    return records;
  };
  const answers = section(counts[1]);
  const authorities = section(counts[2]);
  const additionals = section(counts[3]);
  const opt = additionals.find((record) => record.type === OPT);

  return {
    id: bytes.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    truncated: (flags & 0x0200) !== 0,
    rcode: (flags & 15) | (opt === undefined ? 0 : (opt.ttl >>> 24) << 4),
    questions,
    questionsEnd,
    answers,
    authorities,
    additionals,
    edns: opt === undefined ? null : { udpSize: opt.class, version: (opt.ttl >>> 16) & 0xff },
    bytes,
  };
}

/**
 * The name at `at` without its final dot, and where the next field begins. Bytes of a label that are not plain
 * printable characters, and a dot within a label, become `\DDD` (RFC 1035 §5.1), so that two different names never
 * read alike.
 */
export function readName(bytes: Buffer, at: number): [string, number] {
  const labels: string[] = [];
  let length = 0;
  let lowest = at;
  let next = -1;
  for (;;) {
    const size = bytes.readUInt8(at);
    if (size === 0) return [labels.join('.'), next < 0 ? at + 1 : next];
    if (size >= 0xc0) {
      if (next < 0) next = at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      // Only backwards, each time further: no loops.
      if (at >= lowest) throw new RangeError('a name points forward');
      lowest = at;
      continue;
    }
    if (size > 63) throw new RangeError('a label of an unknown kind');
    if (at + 1 + size > bytes.length) throw new RangeError('a name runs past the end of the message');
    length += size + 1;
    if (length > 254) throw new RangeError('a name is too long');
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + size)));
    at += 1 + size;
  }
}

function labelText(label: Buffer): string {
  let text = '';
  for (const byte of label) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

export interface CaaRecord {
  flags: number;
  /** As published; compare without case. */
  tag: string;
  value: string;
}

/** Typed record data: addresses and names as text, MX and SOA as in a zone file, TXT strings of one record joined, CAA in its parts. */
export type RecordData = string | CaaRecord;

/**
 * The data of a record of one of our types. Text is read byte by byte (latin1), so that every byte counts.
 * @throws RangeError where it does not keep its type's form (CAA: RFC 8659 §4.1).
 */
export function readData(message: DnsMessage, record: RawRecord, type: RecordType): RecordData {
  const data = message.bytes.subarray(record.at, record.at + record.length);
  switch (type) {
    case 'A':
      if (data.length !== 4) throw new RangeError('an A record of the wrong length');
      return data.join('.');
    case 'AAAA':
      if (data.length !== 16) throw new RangeError('an AAAA record of the wrong length');
      return addressText(data);
    case 'CNAME':
    case 'NS': {
      const [name, next] = readName(message.bytes, record.at);
      if (next !== record.at + record.length) throw new RangeError(`a record of type ${type} of the wrong length`);
      return name;
    }
    case 'MX': {
      const [name, next] = readName(message.bytes, record.at + 2);
      if (next !== record.at + record.length) throw new RangeError('an MX record of the wrong length');
      return `${data.readUInt16BE(0)} ${name}`;
    }
    case 'SOA': {
      const [server, mailbox] = readName(message.bytes, record.at);
      const [person, numbers] = readName(message.bytes, mailbox);
      if (numbers + 20 !== record.at + record.length) throw new RangeError('an SOA record of the wrong length');
      const figures = [0, 4, 8, 12, 16].map((at) => message.bytes.readUInt32BE(numbers + at));
      return [server, person, ...figures].join(' ');
    }
    case 'TXT':
      return readStrings(data);
    case 'CAA': {
      const tagEnd = 2 + data.readUInt8(1);
      if (tagEnd === 2 || tagEnd > data.length) throw new RangeError('a CAA record with a broken tag');
      return {
        flags: data.readUInt8(0),
        tag: data.toString('latin1', 2, tagEnd),
        value: data.toString('latin1', tagEnd),
      };
    }
  }
}

function readStrings(data: Buffer): string {
  let text = '';
  for (let at = 0; at < data.length; ) {
    const end = at + 1 + data.readUInt8(at);
    if (end > data.length) throw new RangeError('a TXT record with a broken string');
    text += data.toString('latin1', at + 1, end);
    at = end;
  }
  return text;
}

function addressText(data: Buffer): string {
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(data.readUInt16BE(at).toString(16));
  return groups.join(':');
}

/** How long "there is none" may be kept, in seconds: the smaller of the SOA's TTL and minimum (RFC 2308 §5); 0 without SOA. */
export function negativeTtl(message: DnsMessage): number {
  const soa = message.authorities.find((record) => record.type === SOA && record.class === CLASS_IN);
  if (soa === undefined || soa.length < 22) return 0;
  return Math.min(saneTtl(soa.ttl), saneTtl(message.bytes.readUInt32BE(soa.at + soa.length - 4)));
}

/** RFC 2181 §8: a TTL with its top bit set counts as 0. */
export function saneTtl(ttl: number): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}
