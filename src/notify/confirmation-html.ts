import { createHash } from 'node:crypto';
import type { Instant } from '../core/time.ts';
import { readableTime } from './mail-texts.ts';

const STYLE = `
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
dt{font-weight:600;margin-top:.6rem}dd{margin-left:0;overflow-wrap:anywhere}
form{display:inline-block;margin:1rem 1rem 1rem 0}
button{font:inherit;padding:.6rem 1.6rem;border-radius:.3rem;border:2px solid #14532d;cursor:pointer}
.yes{background:#14532d;color:#fff}.no{background:#fff;color:#14532d}
button:focus-visible{outline:3px solid #b45309;outline-offset:2px}
`;

/** Headers of every page: it loads nothing but its own style, sits in no frame, tells nobody its address, is not kept. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
};

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
  const terms = isDomain ? '' : `<ul>${AGREEMENT.map((term) => `<li>${escapeHtml(term)}</li>`).join('')}</ul>`;
  return page(
    heading,
    `<dl>
<dt>Who asks</dt><dd>${escapeHtml(facts.accountName)} (account ${escapeHtml(facts.accountHandle)})</dd>
<dt>${facts.domains.length === 1 ? 'Domain' : 'Domains'}</dt>
${facts.domains.map((domain) => `<dd>${escapeHtml(domain)}</dd>`).join('\n')}
${facts.productName === null ? '' : `<dt>Product</dt><dd>${escapeHtml(facts.productName)}</dd>`}
<dt>Asked of</dt><dd>${escapeHtml(facts.address)}</dd>
<dt>Open until</dt><dd>${readableTime(facts.expiresAt)}</dd>
</dl>
<p>${meaning}</p>
${terms}
<form method="post" action="${escapeHtml(secret)}"><button class="yes" type="submit">Approve</button></form>
<form method="post" action="${escapeHtml(secret)}/decline"><button class="no" type="submit">Decline</button></form>`,
  );
}

/** A page that tells one thing. */
export function messagePage(heading: string, message: string): string {
  return page(heading, `<p>${escapeHtml(message)}</p>`);
}

function page(heading: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** Text as it may stand between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  // Marks that turn the writing direction could make one name look like another.
  return text
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
