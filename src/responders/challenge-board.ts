import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { DeskError } from '../core/errors.ts';
import type { ChallengeAsk, ChallengeBoard, ChallengeType } from '../core/ports.ts';
import type { ChallengeAnswer } from '../core/records.ts';
import type { Resolver } from '../validation/resolver.ts';
import type { AnswerKey, Answers } from './answers.ts';
import type { Delegation } from './delegation.ts';
import { plainHost } from './hosts.ts';

/** Something that changes TXT records in somebody's zones. */
export interface TxtPublisher {
  /** Whether it may change this name. */
  covers(owner: string): boolean;
  /** Adds one value beside others, and resolves when it can be seen. @throws DeskError `issuer-unavailable` */
  present(owner: string, value: string): Promise<void>;
  /** Takes just this value away; what is not there is no error. @throws DeskError `issuer-unavailable` */
  cleanup(owner: string, value: string): Promise<void>;
}

export interface ChallengeBoardOptions {
  answers: Answers;
  /** Which responders of the desk answer. */
  http: boolean;
  tlsAlpn: boolean;
  /** Names below the zone of our own DNS responder; null without one. */
  delegation: Delegation | null;
  /** Tried in this order. */
  publishers: readonly TxtPublisher[];
  /** Tells where `_acme-challenge` names lead. */
  resolver: Resolver;
  log: { warn(details: object, message: string): void };
}

/** Where a TXT record for a name goes. */
type TxtPlace = { kind: 'own'; owner: string } | { kind: 'publisher'; owner: string; publisher: TxtPublisher };

/** Answers the challenges of outside CAs with what is configured. */
export function createChallengeBoard(options: ChallengeBoardOptions): ChallengeBoard {
  const { answers, delegation, publishers, resolver, log } = options;

  /** A publisher that covers the name itself, or where its CNAMEs lead; our own zone only where they lead there. */
  async function txtPlace(host: string): Promise<TxtPlace | null> {
    const name = `_acme-challenge.${host}`;
    const { names } = await resolver.resolve(name, 'TXT');
    const target = names.at(-1) ?? name;
    if (delegation !== null && target === delegation.targetFor(host)) return { kind: 'own', owner: target };
    const publisher = publishers.find((candidate) => candidate.covers(target));
    return publisher === undefined ? null : { kind: 'publisher', owner: target, publisher };
  }

  async function neededPlace(host: string): Promise<TxtPlace> {
    const place = await txtPlace(host);
    if (place !== null) return place;
    const hint = delegation === null ? '' : `; it must be a CNAME to ${delegation.targetFor(host)}`;
    throw new DeskError(
      'issuer-unavailable',
      `_acme-challenge.${host} does not lead to where this desk answers${hint}`,
    );
  }

  return {
    async ways(name) {
      const wildcard = name.startsWith('*.');
      const host = plainHost(name.replace(/^\*\./, ''));
      const address = isIP(host) !== 0;
      const ways: ChallengeType[] = [];
      if (options.http && !wildcard) ways.push('http-01');
      const mayDns = !address && (delegation !== null || publishers.length > 0);
      if (mayDns && (await txtPlace(host)) !== null) ways.push('dns-01');
      if (options.tlsAlpn && !wildcard) ways.push('tls-alpn-01');
      return ways;
    },

    async publish(ask) {
      const host = plainHost(ask.identifier);
      if (ask.type !== 'dns-01') return answers.put(answerTo(ask, host), ask.expiresAt);
      const place = await neededPlace(host);
      const value = digestOf(ask);
      if (place.kind === 'publisher') return place.publisher.present(place.owner, value);
      return answers.put({ kind: 'dns', name: place.owner, path: '', value }, ask.expiresAt);
    },

    async withdraw(ask) {
      const host = plainHost(ask.identifier);
      try {
        if (ask.type !== 'dns-01') return await answers.remove(answerTo(ask, host));
        const value = digestOf(ask);
        // Whatever the DNS says by now, what is in our own database can always go.
        if (delegation !== null)
          await answers.remove({ kind: 'dns', name: delegation.targetFor(host), path: '', value });
        if (publishers.length === 0) return;
        const place = await txtPlace(host);
        if (place?.kind === 'publisher') await place.publisher.cleanup(place.owner, value);
      } catch (err) {
        log.warn({ err, identifier: host, type: ask.type }, 'an answer to a challenge was not taken down');
      }
    },
  };
}

/** RFC 8555 §8.3; RFC 8737 §3. */
function answerTo(ask: ChallengeAsk, host: string): AnswerKey {
  if (ask.type === 'tls-alpn-01') return { kind: 'tls-alpn', name: host, path: '', value: digestOf(ask) };
  const kind: ChallengeAnswer['kind'] = 'http';
  return { kind, name: host, path: `/.well-known/acme-challenge/${ask.token}`, value: ask.keyAuthorization };
}

/** SHA-256 of the key authorization, base64url (RFC 8555 §8.4). */
function digestOf({ keyAuthorization }: ChallengeAsk): string {
  return createHash('sha256').update(keyAuthorization).digest('base64url');
}
