import { CLASS_IN, type DnsMessage, readMessage } from '../validation/dns-message.ts';
import { CLASS, optRecord, TYPE, type WireRecord, writeMessage } from './dns-writer.ts';
import type { Zone } from './dns-zone.ts';

const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

const FLAG = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursionDesired: 0x0100 } as const;

const HEADER = 12;
/** RFC 1035 §4.2.1; more only where the asker says so (RFC 6891), up to what fits one Ethernet frame. */
const UDP_SIZE = 512;
const MAX_UDP_SIZE = 1_232;
const BADVERS = 1;

const TYPE_ANY = 255;
/** 251 IXFR, 252 AXFR, 253 and 254 of old mail. */
const FIRST_META = 251;
const LAST_META = 254;

/** The owner of every answer is the name of the question, at octet 12. */
const ASKED_NAME = Uint8Array.of(0xc0, HEADER);

/**
 * The reply of the zone's authority to one DNS message; null where none is due (no whole header, or itself a reply).
 * Never throws for what was asked. The question comes back byte for byte, its letter case with it. Over UDP a reply
 * that does not fit is sent without records and with TC, for the asker to come back over TCP.
 * @param slip answer so over UDP in any case, to prove that the asker is where he says (RFC 7766 §5)
 * @throws what the zone throws where values cannot be read
 */
export async function answerQuery(
  zone: Zone,
  query: Buffer,
  transport: 'udp' | 'tcp',
  slip = false,
): Promise<Buffer | null> {
  if (query.length < HEADER || (query.readUInt8(2) & 0x80) !== 0) return null;
  if ((query.readUInt8(2) & 0x78) !== 0) return bare(query, RCODE.NOTIMP);
  let message: DnsMessage;
  try {
    message = readMessage(query);
  } catch {
    return bare(query, RCODE.FORMERR);
  }
  const [question, ...more] = message.questions;
  if (question === undefined || more.length > 0) return bare(query, RCODE.FORMERR);
  const edns = message.edns;
  const echo = query.subarray(HEADER, message.questionsEnd);
  const write = (rcode: number, found: Found, flags = 0): Buffer =>
    writeMessage({
      id: message.id,
      flags: FLAG.response | (query.readUInt16BE(2) & FLAG.recursionDesired) | flags | rcode,
      question: echo,
      questions: 1,
      answers: found.answers,
      authorities: found.authorities,
      additionals: edns === null ? [] : [optRecord(MAX_UDP_SIZE, edns.version > 0 ? BADVERS : 0)],
    });
  if (edns !== null && edns.version > 0) return write(RCODE.NOERROR, NOTHING);

  const name = question.name.toLowerCase();
  const inZone = name === zone.name || name.endsWith(`.${zone.name}`);
  const meta = question.type === TYPE.OPT || (question.type >= FIRST_META && question.type <= LAST_META);
  if (!inZone || question.class !== CLASS_IN || meta) return write(RCODE.REFUSED, NOTHING);
  if (slip && transport === 'udp') return write(RCODE.NOERROR, NOTHING, FLAG.authoritative | FLAG.truncated);
  const { rcode, ...found } = await look(zone, name, question.type);
  const full = write(rcode, found, FLAG.authoritative);
  const limit = edns === null ? UDP_SIZE : Math.min(Math.max(edns.udpSize, UDP_SIZE), MAX_UDP_SIZE);
  if (transport === 'tcp' || full.length <= limit) return full;
  return write(rcode, NOTHING, FLAG.authoritative | FLAG.truncated);
}

/** Where the zone could not be asked: a bare header that says so. */
export function serverFailure(query: Buffer): Buffer {
  return bare(query, RCODE.SERVFAIL);
}

interface Found {
  answers: readonly WireRecord[];
  authorities: readonly WireRecord[];
}

const NOTHING: Found = { answers: [], authorities: [] };

async function look(zone: Zone, name: string, type: number): Promise<Found & { rcode: number }> {
  // RFC 8482 §4.2: whoever asks for everything gets one small record.
  const wanted = type === TYPE_ANY ? TYPE.HINFO : type;
  const records = await zone.find(name, wanted, ASKED_NAME);
  if (records === null) return { rcode: RCODE.NXDOMAIN, answers: [], authorities: [zone.soa()] };
  if (type === TYPE_ANY) return { rcode: RCODE.NOERROR, answers: [ANY_ANSWER], authorities: [] };
  const authorities = records.length === 0 ? [zone.soa()] : [];
  return { rcode: RCODE.NOERROR, answers: records, authorities };
}

const ANY_ANSWER: WireRecord = {
  owner: ASKED_NAME,
  type: TYPE.HINFO,
  class: CLASS.IN,
  ttl: 3_600,
  data: Buffer.concat([Uint8Array.of(7), Buffer.from('RFC8482'), Uint8Array.of(0)]),
};

/** A bare header: id, opcode and the wish for recursion of the query, QR and the code. Never longer than the query. */
function bare(query: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER);
  query.copy(header, 0, 0, 3);
  header.writeUInt8((query.readUInt8(2) & 0x79) | 0x80, 2);
  header.writeUInt8(rcode, 3);
  return header;
}
