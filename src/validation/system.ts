import { getServers } from 'node:dns';
import type { Timers } from '../core/time.ts';
import type { DnsServer } from './dns-exchange.ts';

/** Timers of the process. A pending one keeps the process alive: it stands for a question that is still open. */
export const systemTimers: Timers = {
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** The machine's own resolvers (`/etc/resolv.conf`), in its order; `text` is what `dns.getServers()` returns. */
export function systemDnsServers(text: readonly string[] = getServers()): DnsServer[] {
  return text.map((entry) => {
    const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
    const v4 = /^([\d.]+)(?::(\d+))?$/.exec(entry);
    const [, host = entry, port = '53'] = bracketed ?? v4 ?? [];
    return { host, port: Number(port) };
  });
}
