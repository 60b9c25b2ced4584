import { isIP } from 'node:net';
import { AcmeError } from './problems.ts';

/** Which URLs of the CA are called. */
export interface UrlRule {
  /**
   * A URL that the CA gave, absolute (RFC 8555 §7.1). `what` it is for: `order`, `next nonce` …
   * @throws AcmeError where it is not one of the CA's origins
   */
  check(url: unknown, what: string): string;
  /** Whether it would pass. */
  allows(url: string): boolean;
}

const LONGEST_URL = 2_048;

/**
 * URLs of the CA may lie on the directory's own origin or on one of `allowedOrigins`, over TLS: a CA that was taken
 * over, or an answer that was forged, must not send the desk anywhere else. Plain http only where the directory
 * itself is on a loopback address, for tests.
 */
export function createUrlRule(directory: string, allowedOrigins: readonly string[] = []): UrlRule {
  const home = URL.parse(directory);
  if (home === null || !isSecure(home)) {
    throw new AcmeError(`The directory ${directory.slice(0, 200)} must be an https URL`);
  }
  const origins = new Set([home.origin, ...allowedOrigins]);
  const isOurs = (url: URL): boolean =>
    isSecure(url) && url.username === '' && url.password === '' && origins.has(url.origin);
  const parse = (text: unknown): URL | null =>
    typeof text === 'string' && text.length <= LONGEST_URL ? URL.parse(text) : null;
  return {
    check(text, what) {
      const url = parse(text);
      if (url === null) throw new AcmeError(`${home.host} gave no usable URL for the ${what}`);
      if (isOurs(url)) return url.href;
      const where = `${url.origin.slice(0, 100)} is neither its own origin nor allowed`;
      throw new AcmeError(`${home.host} gave a URL for the ${what} that is not followed: ${where}`);
    },
    allows(text) {
      const url = parse(text);
      return url !== null && isOurs(url);
    },
  };
}

function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}

/** One entry of a `Link` header (RFC 8288). */
interface Link {
  url: string;
  relations: readonly string[];
}

const MAX_LINKS = 20;

/** URLs of a `Link` header with the relation, resolved against `base`; several headers joined by commas are fine. */
export function linksOf(header: string | undefined, relation: string, base: string): string[] {
  return readLinks(header ?? '')
    .filter(({ relations }) => relations.includes(relation))
    .flatMap(({ url }) => URL.parse(url, base)?.href ?? []);
}

function readLinks(header: string): Link[] {
  const links: Link[] = [];
  for (const match of header.slice(0, 16_384).matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (links.length === MAX_LINKS) break;
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(match[2] ?? '');
    links.push({ url: match[1] ?? '', relations: (rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/) });
  }
  return links;
}
