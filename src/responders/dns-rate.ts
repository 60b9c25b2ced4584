import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Clock } from '../core/time.ts';

/** What a reply over UDP may be: whole, cut off with TC, or none. */
export type Verdict = 'answer' | 'slip' | 'drop';

const PER_SECOND = 50;
const BURST = 200;
/** Networks that are remembered; beyond that the oldest is forgotten. */
const NETWORKS = 10_000;

/**
 * Replies over UDP for each network (/24, /56), so that nobody's address can be flooded through us: beyond the rate
 * every second reply is cut off (a real asker comes back over TCP), the others are dropped.
 */
export function createRate(clock: Clock): (address: string) => Verdict {
  const networks = new Map<string, { left: number; at: number; turn: number }>();
  return (address) => {
    const network = networkOf(address);
    const now = clock.now();
    const known = networks.get(network) ?? { left: BURST, at: now, turn: 0 };
    known.left = Math.min(BURST, known.left + (Math.max(0, now - known.at) / 1_000) * PER_SECOND);
    known.at = now;
    networks.delete(network);
    networks.set(network, known);
    if (networks.size > NETWORKS) networks.delete(networks.keys().next().value as string);
    if (known.left >= 1) {
      known.left -= 1;
      return 'answer';
    }
    known.turn += 1;
    return known.turn % 2 === 0 ? 'slip' : 'drop';
  };
}

function networkOf(address: string): string {
  if (isIPv4(address)) return address.split('.').slice(0, 3).join('.');
  try {
    const parsed = ipaddr.process(address.replace(/%.*$/, ''));
    const bytes = parsed.toByteArray();
    return bytes.slice(0, parsed.kind() === 'ipv4' ? 3 : 7).join('.');
  } catch {
    return 'unknown';
  }
}
