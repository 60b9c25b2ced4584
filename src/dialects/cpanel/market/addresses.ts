import { CallFailure } from '../call.ts';

/** Characters of an address to return to. */
const LONGEST = 2_000;

/**
 * An address of the client's, to which a browser is led back: `http` or `https`, on its own host, as it was sent.
 * `query` says whether it may hold one.
 * @throws CallFailure
 */
export function returnAddress(name: string, text: string, { query }: { query: boolean }): string {
  const invalid = (why: string): CallFailure => new CallFailure(`The “${name}” parameter is not valid: ${why}`);
  if (text.length > LONGEST) throw invalid(`It has more than ${LONGEST} characters.`);
  // URL would take out line breaks and backslashes in silence.
  if (!/^[\x21-\x7e]+$/.test(text) || text.includes('\\')) throw invalid('It holds characters that no address has.');
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) throw invalid('It must be an http or https address.');
  // It becomes part of a page's Content-Security-Policy, where `;` and `,` would begin something else.
  if (!/^[a-z0-9.:[\]_-]+$/.test(url.host)) throw invalid('Its host holds characters that no host name has.');
  if (url.username !== '' || url.password !== '') throw invalid('It must not hold a user name or password.');
  if (text.includes('#')) throw invalid('It must not hold a fragment.');
  if (!query && text.includes('?')) throw invalid('It must not hold a query string.');
  return text;
}

/** The address with one more member of its query. */
export function withQuery(address: string, members: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value);
  return url.href;
}
