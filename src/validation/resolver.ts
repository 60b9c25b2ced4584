import type { Random } from '../core/ports.ts';
import type { Clock, Timers } from '../core/time.ts';
import { exchange, type DnsServer, type Exchange } from './dns-exchange.ts';
import {
  CLASS_IN,
  negativeTtl,
  readData,
  saneTtl,
  TYPE_CODES,
  type DnsMessage,
  type RecordData,
  type RecordType,
} from './dns-message.ts';
import { systemTimers } from './system.ts';

export interface ResolverOptions {
  /** Who is asked for a name: recursive resolvers, or the server that owns it. In the order of preference. */
  serversFor: (name: string) => readonly DnsServer[];
  /** How long one try waits, in milliseconds. */
  timeoutMs: number;
  /** Tries per question in all, taking the servers in turn. At least 2, so that a failure is always tried again (BR 3.2.2.8.1). */
  attempts: number;
  random: Random;
  clock: Clock;
  timers?: Timers;
  /** Random letter case in questions; on unless switched off. */
  mixCase?: boolean;
}

/** One try, for the record: what was asked, of whom, what came back, when. */
export interface DnsQueryEvidence {
  at: number;
  server: string;
  protocol: 'udp' | 'tcp';
  question: string;
  /** Response code as a word, or `timeout`, `unreachable`, `malformed`. */
  outcome: string;
  /** At most 20 answers, each at most 300 characters. */
  answers: string[];
  /** Packets that were not an answer to the question; only where there were some. */
  ignored?: number;
}

/**
 * `answer`: there are records. `nxdomain`: the name does not exist. `nodata`: it exists without records of the type.
 * `servfail`: every server answered with another error code. `timeout`: nobody answered. `malformed`: the answer
 * cannot be read, or aliases run in a circle or on for too long.
 */
export type ResolutionKind = 'answer' | 'nxdomain' | 'nodata' | 'servfail' | 'timeout' | 'malformed';

export interface Resolution {
  kind: ResolutionKind;
  records: RecordData[];
  /** Smallest TTL of everything the answer rests on, in seconds; 0 for failures. */
  ttl: number;
  /** `address:port` of who gave the answer, or of the last who was asked. */
  server: string;
  /** Names that were gone through by CNAME, the asked one first. */
  names: string[];
  /** For people; empty for `answer`. */
  message: string;
  evidence: DnsQueryEvidence[];
}

export interface Resolver {
  /**
   * Looks up a name, following CNAMEs (at most 8) unless CNAME is what is asked for. `name` with or without final dot.
   * Never throws for what the network does.
   */
  resolve(name: string, type: RecordType): Promise<Resolution>;
}

const CNAMES_AT_MOST = 8;
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const FORMERR = 1;
const NXDOMAIN = 3;

/** A stub resolver of our own; `node:dns` hides what CAA and the record of evidence need: codes, TTLs, who answered. */
export function createResolver(options: ResolverOptions): Resolver {
  const timers = options.timers ?? systemTimers;

  /** Asks until one server gives a usable answer (NOERROR or NXDOMAIN). */
  async function ask(name: string, type: RecordType, evidence: DnsQueryEvidence[]): Promise<Answered | Failed> {
    const servers = options.serversFor(name);
    if (servers.length === 0) return { kind: 'timeout', server: '', message: 'no DNS server is configured' };
    const failures: Failed[] = [];
    let edns = true;
    for (let n = 0; n < Math.max(1, options.attempts); n += 1) {
      const server = servers[n % servers.length] as DnsServer;
      const at = options.clock.now();
      const result = await exchange(
        server,
        { name, type },
        {
          timeoutMs: options.timeoutMs,
          random: options.random,
          timers,
          mixCase: options.mixCase ?? true,
          edns,
        },
      );
      const label = serverText(server);
      const read = readExchange(result, label);
      evidence.push(evidenceOf(result, read, { at, server: label, question: `${name} ${type}` }));
      if (read.kind === 'message') return read;
      failures.push(read);
      // RFC 6891 §7: an old server may answer FORMERR to EDNS.
      if (result.kind === 'message' && result.message.rcode === FORMERR) edns = false;
    }
    return mostTelling(failures);
  }

  async function resolve(asked: string, type: RecordType): Promise<Resolution> {
    const evidence: DnsQueryEvidence[] = [];
    const first = asked.replace(/\.$/, '').toLowerCase();
    const names = [first];
    const failed = (kind: ResolutionKind, server: string, message: string): Resolution => ({
      kind,
      records: [],
      ttl: 0,
      server,
      names,
      message,
      evidence,
    });
    if (!canBeAsked(first)) return failed('malformed', '', `${asked} cannot be asked for in the DNS`);

    let ttl = Number.POSITIVE_INFINITY;
    for (;;) {
      const current = names.at(-1) as string;
      const reply = await ask(current, type, evidence);
      if (reply.kind !== 'message') return failed(reply.kind, reply.server, `${current} ${type}: ${reply.message}`);

      const before = names.length;
      let records: TypedRecord[];
      try {
        ttl = Math.min(ttl, followAliases(reply.message, type, names));
        records = recordsAt(reply.message, names.at(-1) as string, type);
      } catch (error) {
        return failed('malformed', reply.server, `${current} ${type}: ${(error as Error).message}`);
      }

      if (records.length > 0) {
        ttl = Math.min(ttl, ...records.map((record) => record.ttl));
        return {
          kind: 'answer',
          records: records.map((record) => record.data),
          ttl,
          server: reply.server,
          names,
          message: '',
          evidence,
        };
      }
      // A server that knows only its own zone stops at the alias: go on from there.
      if (names.length > before && reply.message.rcode !== NXDOMAIN) continue;

      ttl = Math.min(ttl, negativeTtl(reply.message));
      const last = names.at(-1) as string;
      const exists = reply.message.rcode !== NXDOMAIN;
      const message = exists ? `${last} has no ${type} record` : `${last} does not exist`;
      return { ...failed(exists ? 'nodata' : 'nxdomain', reply.server, message), ttl };
    }
  }

  return { resolve };
}

interface Answered {
  kind: 'message';
  message: DnsMessage;
  server: string;
}

interface Failed {
  kind: 'servfail' | 'timeout' | 'malformed';
  server: string;
  message: string;
}

interface TypedRecord {
  data: RecordData;
  ttl: number;
}

function readExchange(result: Exchange, server: string): Answered | Failed {
  if (result.kind === 'message') {
    const { rcode } = result.message;
    if (rcode === 0 || rcode === NXDOMAIN) return { kind: 'message', message: result.message, server };
    return { kind: 'servfail', server, message: `${server} answered ${rcodeText(rcode)}` };
  }
  if (result.kind === 'malformed')
    return { kind: 'malformed', server, message: `${server} sent a broken answer: ${result.reason}` };
  return { kind: 'timeout', server, message: `${server} did not answer: ${result.reason}` };
}

/** An answer says more than a broken one, and that more than none. */
function mostTelling(failures: readonly Failed[]): Failed {
  const order = ['servfail', 'malformed', 'timeout'];
  return failures.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0] as Failed;
}

/** Appends to `names` what the CNAMEs of the message lead to, and returns their smallest TTL. */
function followAliases(message: DnsMessage, type: RecordType, names: string[]): number {
  let ttl = Number.POSITIVE_INFINITY;
  if (type === 'CNAME') return ttl;
  for (;;) {
    const [alias, ...more] = recordsAt(message, names.at(-1) as string, 'CNAME');
    if (alias === undefined) return ttl;
    const target = (alias.data as string).toLowerCase();
    if (more.some((other) => (other.data as string).toLowerCase() !== target))
      throw new RangeError('two different CNAMEs at one name');
    if (names.includes(target)) throw new RangeError(`CNAMEs run in a circle at ${target}`);
    if (names.length > CNAMES_AT_MOST) throw new RangeError(`more than ${CNAMES_AT_MOST} CNAMEs`);
    if (!canBeAsked(target)) throw new RangeError('a CNAME to a name that cannot be asked for');
    ttl = Math.min(ttl, alias.ttl);
    names.push(target);
  }
}

function recordsAt(message: DnsMessage, name: string, type: RecordType): TypedRecord[] {
  return message.answers
    .filter(
      (record) => record.class === CLASS_IN && record.type === TYPE_CODES[type] && record.name.toLowerCase() === name,
    )
    .map((record) => ({ data: readData(message, record, type), ttl: saneTtl(record.ttl) }));
}

/** Printable labels of 1 to 63 bytes, 253 in all. */
function canBeAsked(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[!-[\]-~]{1,63}$/.test(label));
}

function rcodeText(rcode: number): string {
  return RCODES[rcode] ?? `response code ${rcode}`;
}

function serverText(server: DnsServer): string {
  return server.host.includes(':') ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
}

function evidenceOf(
  result: Exchange,
  read: Answered | Failed,
  asked: Pick<DnsQueryEvidence, 'at' | 'server' | 'question'>,
): DnsQueryEvidence {
  const outcome = result.kind === 'message' ? rcodeText(result.message.rcode) : result.kind;
  const answers = read.kind === 'message' ? answersText(read.message) : [];
  const evidence: DnsQueryEvidence = { ...asked, protocol: result.protocol, outcome, answers };
  return result.ignored === 0 ? evidence : { ...evidence, ignored: result.ignored };
}

function answersText(message: DnsMessage): string[] {
  const types = Object.entries(TYPE_CODES) as [RecordType, number][];
  return message.answers.slice(0, 20).map((record) => {
    const type = types.find(([, code]) => code === record.type)?.[0];
    return `${record.name} ${record.ttl} ${type ?? `TYPE${record.type}`} ${type === undefined ? '' : dataText(message, record, type)}`.slice(
      0,
      300,
    );
  });
}

function dataText(message: DnsMessage, record: DnsMessage['answers'][number], type: RecordType): string {
  try {
    const data = readData(message, record, type);
    if (typeof data !== 'string') return `${data.flags} ${data.tag} ${JSON.stringify(data.value)}`;
    return type === 'TXT' ? JSON.stringify(data) : data;
  } catch {
    return 'broken';
  }
}
