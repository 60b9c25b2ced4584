import { setTimeout as pause } from 'node:timers/promises';
import { call, type DnsRecord, makeCsr, NoAnswer, recordsOf, type Reply, type Target } from './crash-client.ts';

/** A request that was answered, and so is safe: 202 waits, 201 is issued. */
export interface Placed {
  kind: 'new' | 'reissue' | 'revoke';
  status: number;
  domain: string;
  /** To be published; null where the client means to leave it waiting for ever. */
  records: DnsRecord[] | null;
}

/** Everything that clients were told: what a crash must not make untrue. */
export interface Seen {
  /** By process. */
  placed: Map<number, Placed>;
  /** By certificate: the PEM that was downloaded, null where only the number was shown. */
  certificates: Map<number, string | null>;
  revoked: Set<number>;
  /** Calls without an answer. */
  unanswered: number;
  /** Answers that should not have come. */
  oddities: string[];
}

export function nothingSeen(): Seen {
  return { placed: new Map(), certificates: new Map(), revoked: new Set(), unanswered: 0, oddities: [] };
}

export interface LoadOptions {
  /** Those that serve; each worker takes one, and another where it is gone. */
  targets: () => readonly Target[];
  seen: Seen;
  random: () => number;
  workers: number;
  /** Whether 503 may come: a server that ends says so. */
  mayRefuse?: boolean;
  /** Whether 500 may come: the database is cut off on purpose. */
  mayFail?: boolean;
}

/** A load that runs until it is stopped, or until nobody serves any more. */
export interface Load {
  stop(): Promise<void>;
}

class Refused extends Error {}

/** So that no two loads of one test ask for the same domain. */
let domains = 0;

export function startLoad(options: LoadOptions): Load {
  let stopped = false;
  const workers = Array.from({ length: options.workers }, async (_, number) => {
    const own: Own[] = [];
    while (!stopped) {
      const targets = options.targets();
      const target = targets[number % targets.length];
      if (target === undefined) return;
      try {
        await act(options, target, own);
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
        options.seen.unanswered += 1;
        await pause(20);
      }
    }
  });
  const ended = Promise.all(workers);
  // Told by `stop`.
  ended.catch(() => undefined);
  return {
    async stop() {
      stopped = true;
      await ended;
    },
  };
}

/** A certificate of a worker's own, so that no two workers change one. */
interface Own {
  id: number;
  domain: string;
}

async function act(options: LoadOptions, target: Target, own: Own[]): Promise<void> {
  const { random, seen } = options;
  const dice = random();
  if (dice < 0.15) await orderAndLeave(options, target);
  else if (dice < 0.5) await orderAndValidate(options, target, own);
  else if (dice < 0.7 || own.length === 0) await orderAtOnce(options, target, own);
  else {
    const [one] = own.splice(Math.floor(random() * own.length), 1);
    if (one === undefined) return;
    if (dice < 0.85) await reissue(options, target, one, own);
    else await revoke(options, target, one);
  }
  if (seen.oddities.length > 20) throw new Error(`Too much is odd: ${seen.oddities.join('\n')}`);
}

/** @throws Refused where a server that ends has refused the call */
function expect(options: LoadOptions, what: string, reply: Reply, ...statuses: readonly number[]): void {
  if (statuses.includes(reply.status)) return;
  if (reply.status === 503 && options.mayRefuse === true) throw new Refused();
  if (reply.status === 500 && options.mayFail === true) throw new Refused();
  options.seen.oddities.push(`${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
  throw new Refused();
}

function orderBody(target: Target, domain: string) {
  return { customer: target.customer, product: 'ssl_chancery_dv', period: 12, csr: makeCsr(domain) };
}

async function order(options: LoadOptions, target: Target, leave: boolean): Promise<{ id: number; domain: string }> {
  domains += 1;
  const domain = `shop${domains}.example`;
  const body = { ...orderBody(target, domain), dcv: [{ commonName: domain, type: 'DNS' }] };
  const reply = await call(target, 'POST', '/v2/ssl/certificates', body);
  expect(options, 'order', reply, 202);
  const records = leave ? null : recordsOf(reply);
  options.seen.placed.set(reply.processId, { kind: 'new', status: 202, domain, records });
  return { id: reply.processId, domain };
}

async function orderAndLeave(options: LoadOptions, target: Target): Promise<void> {
  await order(options, target, true);
}

async function orderAndValidate(options: LoadOptions, target: Target, own: Own[]): Promise<void> {
  const { id, domain } = await order(options, target, false);
  await publish(options, options.seen.placed.get(id)?.records ?? []);
  const resent = await call(target, 'POST', `/v2/processes/${id}/resend`);
  expect(options, 'resend', resent, 200);
  const list = await call(target, 'GET', `/v2/ssl/certificates?process:eq=${id}&fields=id`);
  expect(options, 'list', list, 200);
  const [entity] = list.json.entities as { id: number }[];
  if (entity !== undefined) await see(options, target, { id: entity.id, domain }, own);
}

/** Proved beforehand by auth key, so that it is issued in the same call. */
async function orderAtOnce(options: LoadOptions, target: Target, own: Own[]): Promise<void> {
  domains += 1;
  const domain = `now${domains}.example`;
  const body = orderBody(target, domain);
  const key = await call(target, 'POST', '/v2/ssl/authkey', { product: body.product, csr: body.csr });
  expect(options, 'auth key', key, 200);
  await publish(options, [{ name: domain, type: 'TXT', value: key.json.authKey }]);
  const reply = await call(target, 'POST', '/v2/ssl/certificates', { ...body, authKey: true });
  expect(options, 'order at once', reply, 201);
  options.seen.placed.set(reply.processId, { kind: 'new', status: 201, domain, records: [] });
  await see(options, target, { id: reply.json.certificateId, domain }, own);
}

async function reissue(options: LoadOptions, target: Target, { id, domain }: Own, own: Own[]): Promise<void> {
  const reply = await call(target, 'POST', `/v2/ssl/certificates/${id}/reissue`, { csr: makeCsr(domain) });
  expect(options, 'reissue', reply, 201);
  options.seen.placed.set(reply.processId, { kind: 'reissue', status: 201, domain, records: [] });
  await see(options, target, { id: reply.json.certificateId, domain }, own);
}

async function revoke(options: LoadOptions, target: Target, { id, domain }: Own): Promise<void> {
  const reply = await call(target, 'DELETE', `/v2/ssl/certificates/${id}`, { reason: 'superseded' });
  expect(options, 'revoke', reply, 200);
  options.seen.placed.set(reply.processId, { kind: 'revoke', status: 200, domain, records: null });
  options.seen.revoked.add(id);
}

/** Notes a certificate that was shown, and downloads it. */
async function see(options: LoadOptions, target: Target, one: Own, own: Own[]): Promise<void> {
  options.seen.certificates.set(one.id, options.seen.certificates.get(one.id) ?? null);
  const reply = await call(target, 'GET', `/v2/ssl/certificates/${one.id}/download?format=CRT`);
  expect(options, 'download', reply, 200);
  options.seen.certificates.set(one.id, Buffer.from(reply.text, 'base64').toString());
  own.push(one);
}

/** Publishes on every server: each has a sandbox of its own. */
async function publish(options: LoadOptions, records: readonly DnsRecord[]): Promise<void> {
  for (const target of options.targets()) await publishAt(target, records);
}

/** @throws Error where the sandbox refuses */
export async function publishAt(target: Target, records: readonly DnsRecord[]): Promise<void> {
  for (const record of records) {
    const reply = await call(target, 'POST', '/sandbox/dns', record);
    if (reply.status === 503) throw new NoAnswer('The server ends');
    if (reply.status !== 204) throw new Error(`The sandbox refused ${record.name}: ${reply.text}`);
  }
}
