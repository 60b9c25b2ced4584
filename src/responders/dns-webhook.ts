import { createHmac } from 'node:crypto';
import { DeskError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { GuardedFetch } from '../validation/guarded-fetch.ts';
import type { TxtPublisher } from './challenge-board.ts';

export interface DnsWebhookSettings {
  url: string;
  /** Names that it can change lie in these zones; empty: every name. */
  zones: readonly string[];
  /** As text; signs with its UTF-8 octets. */
  secret: string;
  timeoutMs: number;
}

/** Bytes of its answer that are read; they are shown to the operator where it fails. */
const MAX_ANSWER = 4_096;

/**
 * TXT records by a program of the operator: it gets a POST with `{"action":"present"|"cleanup","name","value"}` and
 * answers 2xx once the record can be seen. `Chancery-Signature: t=SECONDS,v1=HEX` is the HMAC-SHA-256 of
 * `SECONDS.BODY`; the receiver refuses old ones.
 */
export function createDnsWebhook(settings: DnsWebhookSettings, fetch: GuardedFetch, clock: Clock): TxtPublisher {
  const { url, zones, secret, timeoutMs } = settings;

  async function call(action: 'present' | 'cleanup', name: string, value: string): Promise<void> {
    const body = JSON.stringify({ action, name, value });
    const at = Math.floor(clock.now() / 1_000);
    const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Chancery',
      'chancery-signature': `t=${at},v1=${signature}`,
    };
    const what = `The DNS webhook did not ${action === 'present' ? 'publish' : 'take down'} a TXT record at ${name}`;
    let status: number;
    try {
      ({ status } = await fetch(url, { method: 'POST', headers, body, timeoutMs, maxBytes: MAX_ANSWER }));
    } catch (cause) {
      throw new DeskError('issuer-unavailable', `${what}: ${(cause as Error).message}`, { cause });
    }
    if (status < 200 || status > 299) throw new DeskError('issuer-unavailable', `${what}: it answered ${status}`);
  }

  return {
    covers: (owner) => zones.length === 0 || zones.some((zone) => owner === zone || owner.endsWith(`.${zone}`)),
    present: (owner, value) => call('present', owner, value),
    cleanup: (owner, value) => call('cleanup', owner, value),
  };
}
