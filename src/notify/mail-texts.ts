import type { Instant } from '../core/time.ts';
import { type ConfirmationWords, KEPT_DOMAIN, WORDS } from './mail-words.ts';

/** What the mail with a confirmation link speaks of. */
export interface ConfirmationFacts {
  purpose: 'domain' | 'agreement';
  accountName: string;
  /** Null where a domain is proved before anything is ordered for it; that mail is in English. */
  productName: string | null;
  /** The domain to be confirmed, or the names of the certificate. */
  domains: readonly string[];
  link: string;
  expiresAt: Instant;
}

/**
 * Subject and text of the mail that asks a person to confirm a domain or to accept the subscriber agreement.
 * `language` is a code such as `nl` or `de_AT`; one without a translation is answered in English.
 */
export function confirmationMail(facts: ConfirmationFacts, language: string | null): { subject: string; text: string } {
  const words = facts.productName === null ? KEPT_DOMAIN : wordsOf(language)[facts.purpose];
  const fill = (text: string): string => fillIn(text, facts);
  const paragraphs = [
    words.greeting,
    words.asks,
    facts.domains.map((domain) => `  ${oneLine(domain)}`).join('\n'),
    words.action,
    // Alone on its line, so that mail readers make a link of all of it.
    '{link}',
    words.expiry,
    words.unknown,
  ];
  return { subject: fill(words.subject), text: `${paragraphs.map(fill).join('\n\n')}\n` };
}

function wordsOf(language: string | null): ConfirmationWords {
  const code = language?.slice(0, 2).toLowerCase() ?? 'en';
  return WORDS.get(code) ?? (WORDS.get('en') as ConfirmationWords);
}

function fillIn(text: string, facts: ConfirmationFacts): string {
  const values: Record<string, string> = {
    account: oneLine(facts.accountName),
    product: oneLine(facts.productName ?? ''),
    domain: oneLine(facts.domains[0] ?? ''),
    link: facts.link,
    until: readableTime(facts.expiresAt),
  };
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
}

/** What others have named, as one line of at most 200 characters: it cannot look like another part of the mail. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** `2026-11-22 09:30 UTC` */
export function readableTime(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
