import { DeskError } from '../../src/core/errors.ts';
import type { Engine } from '../../src/core/parts.ts';
import type { IssueAsk, Issuer, IssueResult, PreparedIssuance, RenewalAdvice } from '../../src/core/ports.ts';
import { Catalogue, type Product } from '../../src/core/products.ts';
import type { Issuance } from '../../src/core/records.ts';
import type { Clock, Instant } from '../../src/core/time.ts';
import { PRODUCTS } from './core-world.ts';

/** What an issuer does when it is asked: signs, wants to be asked again in so many milliseconds, cannot, or throws. */
export type Move =
  | 'sign'
  | { again: number }
  | { cannot: 'unavailable' | 'refused'; message?: string; until?: Instant }
  | Error;

/** A CA outside that does as it is told, and signs where it is not told anything. Its certificates are paper. */
export class ScriptedIssuer implements Issuer {
  readonly name: string;
  readonly outside?: true;
  /** What it does next, one after the other. */
  moves: Move[] = [];
  /** What it has against an ask. */
  against: (ask: IssueAsk) => string | null = () => null;
  /** Thrown when it is to prepare. */
  away: Error | null = null;
  /** Everything it was asked, and what it signed. */
  readonly asks: { ask: IssueAsk; issuance: Issuance }[] = [];
  readonly signed: { requestId: number; serial: string }[] = [];
  /** What it says of renewal, or throws. */
  advice: RenewalAdvice | Error | null = null;
  readonly hinted: Uint8Array[] = [];
  /** How long its certificates live, milliseconds. */
  life = 90 * 86_400_000;
  /** Certificates by order, so that asking twice brings the same. */
  readonly #orders = new Map<string, Uint8Array>();
  readonly #clock: Clock;

  constructor(name: string, clock: Clock, place: 'outside' | 'inside' = 'outside') {
    this.name = name;
    this.#clock = clock;
    if (place === 'outside') this.outside = true;
  }

  objection(ask: IssueAsk): string | null {
    return this.against(ask);
  }

  prepare(): PreparedIssuance {
    if (this.away !== null) throw this.away;
    return { serial: null, tbs: null, notBefore: null, notAfter: null, progress: { step: 'new' } };
  }

  issue(ask: IssueAsk, issuance: Issuance): Promise<IssueResult> {
    this.asks.push({ ask, issuance });
    const made = this.#orders.get(orderOf(ask, issuance));
    if (made !== undefined) return Promise.resolve({ kind: 'issued', certificate: made });
    const move = this.moves.shift() ?? 'sign';
    if (move instanceof Error) return Promise.reject(move);
    if (move === 'sign') return Promise.resolve({ kind: 'issued', certificate: this.#sign(ask, issuance) });
    if ('again' in move) {
      return Promise.resolve({ kind: 'waiting', at: this.#clock.now() + move.again, progress: { step: 'ordered' } });
    }
    const message = move.message ?? `${this.name} cannot`;
    const until = move.cannot === 'unavailable' && move.until !== undefined ? { until: move.until } : {};
    return Promise.resolve({ kind: move.cannot, message, ...until });
  }

  chain(): Promise<Uint8Array[]> {
    return Promise.resolve([]);
  }

  crlShard(): null {
    return null;
  }

  renewalHint(certificate: Uint8Array): Promise<RenewalAdvice | null> {
    this.hinted.push(certificate);
    return this.advice instanceof Error ? Promise.reject(this.advice) : Promise.resolve(this.advice);
  }

  #sign(ask: IssueAsk, issuance: Issuance): Uint8Array {
    const { requestId, names } = ask;
    const order = orderOf(ask, issuance);
    const notBefore: Instant = this.#clock.now();
    const serial = Buffer.from(`${this.name} ${order}`).toString('hex').toUpperCase();
    const paper = { serial, notBefore, notAfter: notBefore + this.life - 1_000, names };
    const certificate = Buffer.from(JSON.stringify(paper));
    this.#orders.set(order, certificate);
    this.signed.push({ requestId, serial });
    return certificate;
  }
}

function orderOf({ requestId }: IssueAsk, { id }: Issuance): string {
  return `${requestId}/${id}`;
}

/** Another CA of a desk; no product is signed by it yet. */
export function addIssuer(engine: Engine, name: string): ScriptedIssuer {
  const issuer = new ScriptedIssuer(name, engine.clock);
  engine.issuers = new Map([...engine.issuers, [name, issuer]]);
  return issuer;
}

/** Has all products signed by the issuers of this list, in its order; `embedded` is the own CA. */
export function signWith(engine: Engine, issuers: readonly string[], changes: Partial<Product> = {}): void {
  engine.catalogue = new Catalogue(PRODUCTS.map((product) => ({ ...product, ...changes, issuers })));
}

/** What an issuer throws that may be back later. */
export const away = (message = 'It does not answer'): DeskError => new DeskError('issuer-unavailable', message);
