import type { ChallengeBoard } from '../core/ports.ts';
import type { Metrics } from '../http/metrics.ts';
import { createAnswers } from '../responders/answers.ts';
import { createChallengeBoard, type TxtPublisher } from '../responders/challenge-board.ts';
import { createDelegation, type Delegation } from '../responders/delegation.ts';
import { startDnsResponder } from '../responders/dns-responder.ts';
import { createDnsWebhook } from '../responders/dns-webhook.ts';
import { startHttpResponder } from '../responders/http-responder.ts';
import type { Counted, ListenAddress, Responder } from '../responders/listen.ts';
import { createRfc2136Publisher } from '../responders/rfc2136.ts';
import { startTlsAlpnResponder } from '../responders/tls-alpn-responder.ts';
import { createAddressGuard } from '../validation/address-guard.ts';
import { createGuardedFetch } from '../validation/guarded-fetch.ts';
import { systemTimers } from '../validation/system.ts';
import type { Foundation } from './foundation.ts';
import type { World } from './world.ts';

/** What answers challenges of CAs outside, as configured. */
export interface Responders {
  board: ChallengeBoard;
  /** Where they listen, by what they are. */
  listening: Readonly<Record<string, ListenAddress>>;
  close(): Promise<void>;
}

/** Names below the zone of the own DNS responder; null without one. */
export function delegationOf({ config, deriveKey }: Pick<Foundation, 'config' | 'deriveKey'>): Delegation | null {
  const { dns } = config.responder;
  return dns === null ? null : createDelegation(dns.zone, deriveKey('delegated-names'));
}

/**
 * Opens the configured ports and no others.
 * @throws DeskError `invalid-value` where one cannot be listened on; those before it are closed again
 */
export async function startResponders(foundation: Foundation, world: World, metrics: Metrics): Promise<Responders> {
  const { config, store, clock, random, log } = foundation;
  const { http, tlsAlpn, dns } = config.responder;
  const answers = createAnswers({ store, clock });
  const delegation = delegationOf(foundation);
  await using opened = new AsyncDisposableStack();
  const listening: Record<string, ListenAddress> = {};
  const keep = (what: string, responder: Responder): void => {
    opened.defer(() => responder.close());
    listening[what] = { host: responder.host, port: responder.port };
    log.info(listening[what], `the ${what} responder listens`);
  };
  const counting =
    (what: string): Counted =>
    (outcome) =>
      metrics.answered(what, outcome);

  if (http !== null) keep('http', await startHttpResponder({ answers, listen: http, count: counting('http'), log }));
  if (tlsAlpn !== null) {
    const count = counting('tls-alpn');
    keep('tls-alpn', await startTlsAlpnResponder({ answers, clock, random, listen: tlsAlpn, count, log }));
  }
  if (dns !== null) {
    const count = counting('dns');
    keep('dns', await startDnsResponder({ answers, clock, zone: dns, listen: dns.listen, count, log }));
  }
  const board = createChallengeBoard({
    answers,
    http: http !== null,
    tlsAlpn: tlsAlpn !== null,
    delegation,
    publishers: publishersOf(foundation, world),
    resolver: world.resolver,
    log,
  });
  const kept = opened.move();
  return { board, listening, close: () => kept.disposeAsync() };
}

function publishersOf({ config, clock, random }: Foundation, { resolver }: World): TxtPublisher[] {
  const { rfc2136, dnsWebhook } = config.responder;
  const publishers: TxtPublisher[] = [];
  if (rfc2136 !== null) {
    const { server, zones, keyName, algorithm, secret, ttl, timeout, propagation } = rfc2136;
    const key = { name: keyName, algorithm, secret: new Uint8Array(Buffer.from(secret, 'base64')) };
    const times = { timeoutMs: timeout * 1_000, propagationMs: propagation * 1_000 };
    const guard = createAddressGuard({ allow: config.validation.allowedRanges });
    const pause = (milliseconds: number): Promise<void> =>
      new Promise((resolve) => void systemTimers.after(milliseconds, resolve));
    const tools = { clock, random, timers: systemTimers, pause, resolver, guard };
    publishers.push(createRfc2136Publisher({ server, zones, key, ttl, ...times }, tools));
  }
  if (dnsWebhook !== null) {
    const { url, zones, secret, timeout, allowedRanges } = dnsWebhook;
    const fetch = createGuardedFetch({ guard: createAddressGuard({ allow: allowedRanges }) });
    publishers.push(createDnsWebhook({ url, zones, secret, timeoutMs: timeout * 1_000 }, fetch, clock));
  }
  return publishers;
}
