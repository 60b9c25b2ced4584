import type { IssueAsk, Issuer } from './ports.ts';
import type { Product } from './products.ts';
import type { CertificateWishes } from './records.ts';
import { fulfils } from './wishes.ts';

export interface IssuerChoice {
  /** The one to be asked; null where nobody is left. */
  issuer: Issuer | null;
  /** Those before it that would never sign, and why. Those that were tried are not among them. */
  skipped: readonly { name: string; reason: string }[];
}

export interface ChoiceWorld {
  issuers: ReadonlyMap<string, Issuer>;
  /** Issuers that were asked and could not. */
  tried: readonly string[];
  wishes: CertificateWishes | null;
  /** Whether only a CA outside may sign: for a key that is kept here (BR 6.1.1.3). */
  outsideOnly: boolean;
  askOf(issuer: string): IssueAsk;
}

/** Of a product's issuers the first that is configured, was not tried and has nothing against what is asked. */
export function chooseIssuer({ issuers: names }: Pick<Product, 'issuers'>, world: ChoiceWorld): IssuerChoice {
  const skipped: { name: string; reason: string }[] = [];
  for (const name of names) {
    if (world.tried.includes(name)) continue;
    const issuer = world.issuers.get(name);
    const reason = issuer === undefined ? `Issuer ${name} is not configured` : objectionOf(issuer, world);
    if (issuer !== undefined && reason === null) return { issuer, skipped };
    skipped.push({ name, reason: reason as string });
  }
  return { issuer: null, skipped };
}

function objectionOf(issuer: Issuer, { outsideOnly, wishes, askOf }: ChoiceWorld): string | null {
  if (outsideOnly && issuer.outside !== true) return KEY_KEPT_HERE;
  if (!fulfils(issuer, wishes)) return `Issuer ${issuer.name} does not put into certificates what is wished for`;
  return issuer.objection?.(askOf(issuer.name)) ?? null;
}

/** BR 6.1.1.3: a CA must not make keys of its subscribers, nor sign for those that it made. */
export const KEY_KEPT_HERE = 'The key was made here, and a public CA must not sign for a key that it made (BR 6.1.1.3)';
