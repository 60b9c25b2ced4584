import { updateTxt, type UpdateServer } from './dns-update.ts';
import { untilVisible, type VisibleTools } from './visible.ts';
import type { TxtPublisher } from './challenge-board.ts';

export interface Rfc2136Settings extends UpdateServer {
  /** Zones that may be changed there; lower case, without final dot. */
  zones: readonly string[];
  /** For all servers of the zone to show a record. */
  propagationMs: number;
}

const DNS_PORT = 53;
/** For one look at one server; it is asked again. */
const LONGEST_LOOK = 3_000;

/** TXT records by signed updates to a name server (RFC 2136, RFC 8945). */
export function createRfc2136Publisher(settings: Rfc2136Settings, tools: VisibleTools): TxtPublisher {
  const zoneOf = (owner: string): string | undefined =>
    settings.zones
      .filter((zone) => owner === zone || owner.endsWith(`.${zone}`))
      .toSorted((one, other) => other.length - one.length)[0];
  return {
    covers: (owner) => zoneOf(owner) !== undefined,
    async present(owner, value) {
      const zone = zoneOf(owner) ?? owner;
      await updateTxt('add', { zone, owner, value }, settings, tools);
      const timeoutMs = Math.min(settings.timeoutMs, LONGEST_LOOK);
      const { server, propagationMs } = settings;
      await untilVisible({ zone, owner, value, server, port: DNS_PORT, timeoutMs, propagationMs }, tools);
    },
    cleanup: (owner, value) => updateTxt('delete', { zone: zoneOf(owner) ?? owner, owner, value }, settings, tools),
  };
}
