import { DeskError } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { Clock, Timers } from '../core/time.ts';
import { readMessage } from '../validation/dns-message.ts';
import { exchangeTcp } from '../validation/tcp-exchange.ts';
import { CLASS, nameOctets, textData, TYPE, type WireRecord, writeMessage } from './dns-writer.ts';
import type { ListenAddress } from './listen.ts';
import { checkAnswer, signMessage, TsigError, type TsigKey } from './tsig.ts';

export interface UpdateServer {
  server: ListenAddress;
  key: TsigKey;
  /** Seconds that the record may be kept by resolvers. */
  ttl: number;
  /** For one update. */
  timeoutMs: number;
}

export interface UpdateTools {
  clock: Clock;
  random: Random;
  timers: Timers;
}

const OPCODE_UPDATE = 5 << 11;

/** RFC 2136 §2.2, with what an operator can do. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'FORMERR: it does not understand updates',
  2: 'SERVFAIL: it could not store the update',
  4: 'NOTIMP: it takes no updates',
  5: 'REFUSED: it does not let this key change this name',
  9: 'NOTAUTH: it is not the primary of the zone, or does not take the key',
  10: 'NOTZONE: the name does not lie in the zone',
};

/**
 * Adds one TXT value beside those that are there (RFC 2136 §2.5.1), or deletes just this one (§2.5.4), in one signed
 * update over TCP. Either is safe to repeat.
 * @throws DeskError `issuer-unavailable` where the server does not do it, or its answer is not signed as it must be
 */
export async function updateTxt(
  how: 'add' | 'delete',
  { zone, owner, value }: { zone: string; owner: string; value: string },
  to: UpdateServer,
  tools: UpdateTools,
): Promise<void> {
  const id = Buffer.from(tools.random.bytes(2)).readUInt16BE(0);
  const record: WireRecord = {
    owner: nameOctets(owner),
    type: TYPE.TXT,
    class: how === 'add' ? CLASS.IN : CLASS.NONE,
    ttl: how === 'add' ? to.ttl : 0,
    data: textData(value),
  };
  const message = writeMessage({
    id,
    flags: OPCODE_UPDATE,
    question: zoneSection(zone),
    questions: 1,
    answers: [],
    authorities: [record],
    additionals: [],
  });
  const signed = signMessage(message, to.key, tools.clock);
  const where = `The name server ${to.server.host} port ${to.server.port}`;
  try {
    const answer = readMessage(await exchangeTcp(to.server, signed.octets, { ...to, timers: tools.timers }));
    if (answer.id !== id || !answer.isResponse || answer.opcode !== 5) throw new Error('an answer to another message');
    // Where there is no signature at all, the answer can only be a refusal.
    if (answer.rcode === 0 || answer.additionals.length > 0) checkAnswer(answer, signed.mac, to.key, tools.clock);
    if (answer.rcode !== 0) throw new Error(REFUSALS[answer.rcode] ?? `response code ${answer.rcode}`);
  } catch (cause) {
    const mend = cause instanceof TsigError ? '; check key name, secret, algorithm and clock' : '';
    const message = `${where} did not ${how} a TXT record at ${owner}: ${(cause as Error).message}${mend}`;
    throw new DeskError('issuer-unavailable', message, { cause });
  }
}

/** RFC 2136 §2.3 */
function zoneSection(zone: string): Uint8Array {
  const fixed = Buffer.alloc(4);
  fixed.writeUInt16BE(TYPE.SOA, 0);
  fixed.writeUInt16BE(CLASS.IN, 2);
  return Buffer.concat([nameOctets(zone), fixed]);
}
