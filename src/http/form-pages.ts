import { createHash } from 'node:crypto';

/**
 * Pages for people, most with forms: no script, no frame, nothing loaded. Everything can be reached by keyboard and told
 * by a screen reader: one heading of the first level, a label for every field, errors named in a summary that takes the
 * focus.
 */

const STYLE = `
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--deep:#14532d;--on-deep:#fff;--bad:#991b1b;--line:#6b7280;--ring:#b45309}
@media(prefers-color-scheme:dark){:root{--ink:#f0f0f0;--paper:#161616;--deep:#86efac;--on-deep:#0b2414;--bad:#fca5a5;--line:#9ca3af;--ring:#fbbf24}}
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
h2{font-size:1.2rem;margin-bottom:.3rem}
dl{margin:0}dt{font-weight:600;margin-top:.6rem}dd{margin-left:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:600}
th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td.money,th.money{text-align:right;white-space:nowrap}
label{display:block;font-weight:600;margin-top:.8rem}
input{display:block;font:inherit;width:100%;max-width:24rem;box-sizing:border-box;padding:.5rem;border:2px solid var(--line);border-radius:.3rem;color:inherit;background:var(--paper)}
form{margin:1rem 0}form.row{display:inline-block;margin-right:1rem}
button{font:inherit;padding:.6rem 1.6rem;margin:1rem .6rem 0 0;border-radius:.3rem;border:2px solid var(--deep);cursor:pointer}
.yes{background:var(--deep);color:var(--on-deep)}.no{background:var(--paper);color:var(--deep)}
a{color:var(--deep)}
.errors{border:3px solid var(--bad);border-radius:.3rem;padding:.2rem 1rem;margin:1rem 0}.errors h2,.wrong{color:var(--bad)}
:focus-visible,.errors:focus{outline:3px solid var(--ring);outline-offset:2px}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * Headers of every page: it loads nothing but its own style, sits in no frame, tells nobody its address, is not kept.
 * `formTargets` are further origins to which a form may lead, by its answer's redirect.
 */
export function formPageHeaders(formTargets: readonly string[] = []): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; ` +
      `form-action ${["'self'", ...formTargets].join(' ')}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-robots-tag': 'noindex, nofollow',
  };
}

export interface FormError {
  /** Id of the field that it is about; null for the form as a whole. */
  field: string | null;
  message: string;
}

/** A whole page. `heading` is text, `body` is HTML. Errors are told first, in the title as well. */
export function formPage(heading: string, body: string, errors: readonly FormError[] = []): string {
  const title = errors.length === 0 ? heading : `Error: ${heading}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeText(heading)}</h1>
${summaryOf(errors)}${body}
</main>
</body>
</html>
`;
}

function summaryOf(errors: readonly FormError[]): string {
  if (errors.length === 0) return '';
  const lines = errors.map(({ field, message }) => {
    const text = escapeText(message);
    return field === null ? `<li>${text}</li>` : `<li><a href="#${escapeText(field)}">${text}</a></li>`;
  });
  return (
    '<div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="errors">' +
    `<h2 id="errors">There is a problem</h2><ul>${lines.join('')}</ul></div>\n`
  );
}

export interface Field {
  id: string;
  label: string;
  type: 'text' | 'password';
  value?: string;
  autocomplete: string;
  error?: string | undefined;
}

/** A label with its field; an error is tied to it by `aria-describedby`. */
export function field({ id, label, type, value = '', autocomplete, error }: Field): string {
  const wrong = error === undefined ? '' : ` aria-invalid="true" aria-describedby="${id}-error"`;
  const told = error === undefined ? '' : `<p id="${id}-error" class="wrong">${escapeText(error)}</p>`;
  return (
    `<label for="${id}">${escapeText(label)}</label>${told}` +
    `<input id="${id}" name="${id}" type="${type}" value="${escapeText(value)}" autocomplete="${autocomplete}" ` +
    `required autocapitalize="none" spellcheck="false"${wrong}>`
  );
}

export function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${escapeText(name)}" value="${escapeText(value)}">`;
}

/** Text as it may stand between tags and inside quoted attributes. */
export function escapeText(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  // Marks that turn the writing direction could make one name look like another.
  return text
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
