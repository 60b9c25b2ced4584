import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { DeskError } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { Clock, Instant, Timers } from '../core/time.ts';
import type { AddressGuard } from '../validation/address-guard.ts';
import { exchange, type DnsServer } from '../validation/dns-exchange.ts';
import { readData } from '../validation/dns-message.ts';
import type { Resolver } from '../validation/resolver.ts';
import { TYPE } from './dns-writer.ts';
import type { ListenAddress } from './listen.ts';

export interface VisibleTools {
  clock: Clock;
  random: Random;
  timers: Timers;
  /** Waits, in milliseconds. */
  pause(milliseconds: number): Promise<void>;
  resolver: Resolver;
  /** Passes the addresses of secondaries, which the zone's owner names. */
  guard: AddressGuard;
}

export interface VisibleAsk {
  zone: string;
  owner: string;
  value: string;
  /** The primary, which the operator names. */
  server: ListenAddress;
  /** Of secondaries. */
  port: number;
  /** For one answer of one server. */
  timeoutMs: number;
  /** For all servers of the zone. */
  propagationMs: number;
}

/** Servers of one zone that are looked at. */
const MOST_SECONDARIES = 12;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5_000;
/** A secondary that said nothing so many times is left out. */
const SILENCES = 2;

/**
 * Resolves once the primary, and every name server of the zone that can be reached, shows the TXT value. Secondaries
 * that say nothing are left out: the desk may not reach what the CA reaches.
 * @throws DeskError `issuer-unavailable` where the primary, or a secondary that answers, does not show it in time
 */
export async function untilVisible(ask: VisibleAsk, tools: VisibleTools): Promise<void> {
  const deadline = tools.clock.now() + ask.propagationMs;
  const primary = await addressOf(ask.server);
  await untilShown([primary], Number.POSITIVE_INFINITY, deadline, ask, tools);
  const others = await secondaries(ask, tools);
  await untilShown(others, SILENCES, deadline, ask, tools);
}

/** @param silences a server that says nothing so many times is waited for no longer */
async function untilShown(
  servers: readonly DnsServer[],
  silences: number,
  deadline: Instant,
  ask: VisibleAsk,
  tools: VisibleTools,
): Promise<void> {
  let waiting = servers.map((server) => ({ server, silent: 0 }));
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const looks = await Promise.all(waiting.map(async (one) => ({ ...one, look: await look(one.server, ask, tools) })));
    waiting = looks
      .filter(({ look: seen }) => seen !== 'shown')
      .map(({ server, silent, look: seen }) => ({ server, silent: seen === 'silent' ? silent + 1 : 0 }))
      .filter(({ silent }) => silent < silences);
    if (waiting.length === 0) return;
    if (tools.clock.now() + pause > deadline) {
      const names = waiting.map(({ server: { host, port } }) => `${host} port ${port}`).join(', ');
      throw new DeskError('issuer-unavailable', `The TXT record at ${ask.owner} cannot be seen at ${names} in time`);
    }
    await tools.pause(pause);
  }
}

async function addressOf({ host, port }: ListenAddress): Promise<DnsServer> {
  if (isIP(host) !== 0) return { host, port };
  try {
    return { host: (await lookup(host)).address, port };
  } catch (cause) {
    throw new DeskError('issuer-unavailable', `The name server ${host} has no address`, { cause });
  }
}

/** Addresses of the zone's name servers as the world knows them. None where that cannot be found out. */
async function secondaries({ zone, port }: VisibleAsk, { resolver, guard }: VisibleTools): Promise<DnsServer[]> {
  const { records } = await resolver.resolve(zone, 'NS');
  const names = records.slice(0, MOST_SECONDARIES).map(String);
  const found = await Promise.all(
    names.flatMap((name) => [resolver.resolve(name, 'A'), resolver.resolve(name, 'AAAA')]),
  );
  const addresses = new Set(found.flatMap((resolution) => resolution.records.slice(0, 4).map(String)));
  return [...addresses].filter((address) => allowed(guard, address)).map((host) => ({ host, port }));
}

function allowed(guard: AddressGuard, address: string): boolean {
  try {
    guard.check(address);
    return true;
  } catch {
    return false;
  }
}

async function look(
  server: DnsServer,
  { owner, value, timeoutMs }: VisibleAsk,
  { random, timers }: VisibleTools,
): Promise<'shown' | 'not-shown' | 'silent'> {
  const options = { timeoutMs, random, timers, mixCase: false, edns: true };
  const result = await exchange(server, { name: owner, type: 'TXT' }, options);
  if (result.kind !== 'message') return 'silent';
  const { message } = result;
  try {
    const shown = message.answers.some(
      (record) =>
        record.type === TYPE.TXT && record.name.toLowerCase() === owner && readData(message, record, 'TXT') === value,
    );
    return shown ? 'shown' : 'not-shown';
  } catch {
    return 'silent';
  }
}
