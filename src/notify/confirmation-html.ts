import type { Instant } from '../core/time.ts';
import { escapeText, formPage } from '../http/form-pages.ts';
import { readableTime } from './mail-texts.ts';

export interface QuestionFacts {
  purpose: 'domain' | 'agreement';
  accountName: string;
  accountHandle: string;
  /** Null where nothing is ordered yet. */
  productName: string | null;
  domains: readonly string[];
  /** Whether the yes counts for the names below the domain as well. */
  coversSubdomains: boolean;
  address: string;
  expiresAt: Instant;
}

/** BR 9.6.3: what the applicant takes on, in short. */
const AGREEMENT = [
  'What was told for the certificate is true and complete, now and later.',
  'The private key stays under the sole control of those who may use it, and is protected.',
  'The certificate is used only on servers reachable under the names in it, within the law, and only after a look at whether its contents are right.',
  'If the key may be compromised or something in the certificate is wrong, its revocation is asked for at once and it is not used any more.',
  'It is not used after it was revoked for the compromise of its key.',
  'Questions of the issuer about a compromise or misuse are answered in the time that it sets.',
  'The issuer may revoke the certificate at once where this agreement or the rules of the CA/Browser Forum ask for it.',
];

/** The page with the question; its buttons lead to the secret of its own link. */
export function questionPage(facts: QuestionFacts, secret: string): string {
  const isDomain = facts.purpose === 'domain';
  const heading = isDomain ? 'Approve certificates for this domain?' : 'Accept the subscriber agreement?';
  const below = facts.coversSubdomains ? 'for it and for the names below it' : 'for it';
  const meaning = isDomain
    ? `With “Approve” you confirm that you speak for this domain, and that this account may have certificates ${below}.`
    : 'With “Approve” you accept these terms for the certificate:';
  const terms = isDomain ? '' : `<ul>${AGREEMENT.map((term) => `<li>${escapeText(term)}</li>`).join('')}</ul>`;
  return formPage(
    heading,
    `<dl>
<dt>Who asks</dt><dd>${escapeText(facts.accountName)} (account ${escapeText(facts.accountHandle)})</dd>
<dt>${facts.domains.length === 1 ? 'Domain' : 'Domains'}</dt>
${facts.domains.map((domain) => `<dd>${escapeText(domain)}</dd>`).join('\n')}
${facts.productName === null ? '' : `<dt>Product</dt><dd>${escapeText(facts.productName)}</dd>`}
<dt>Asked of</dt><dd>${escapeText(facts.address)}</dd>
<dt>Open until</dt><dd>${readableTime(facts.expiresAt)}</dd>
</dl>
<p>${meaning}</p>
${terms}
<form class="row" method="post" action="${escapeText(secret)}"><button class="yes" type="submit">Approve</button></form>
<form class="row" method="post" action="${escapeText(secret)}/decline"><button class="no" type="submit">Decline</button></form>`,
  );
}

/** A page that tells one thing. */
export function messagePage(heading: string, message: string): string {
  return formPage(heading, `<p>${escapeText(message)}</p>`);
}
