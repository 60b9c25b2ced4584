import type { FlattenedJWS } from 'jose';
import { HOUR, type Clock, type Instant, SECOND } from '../../core/time.ts';
import { type AccountKey, jsonBytes } from './account-key.ts';
import { type Directory, readDirectory } from './directory.ts';
import { AcmeError, describeProblem, readProblem } from './problems.ts';
import { readRetryAfter } from './retry-after.ts';
import type { AcmeFetch, AcmeSettings } from './settings.ts';
import { createUrlRule, type UrlRule } from './urls.ts';

/** Who signs a call: a key, and the URL of its account once there is one. */
export interface Signer {
  key: AccountKey;
  url: string | null;
}

export interface AcmeAnswer {
  url: string;
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** From `Retry-After`. */
  retryAt: Instant | null;
}

/** Calls to one CA: signed, with fresh nonces, only to its own URLs. */
export interface Transport {
  rule: UrlRule;
  /** Read once an hour. @throws AcmeError */
  directory(): Promise<Directory>;
  /** Forgets the directory, so that it is read again: its URLs have moved, perhaps. */
  forgetDirectory(): void;
  /**
   * RFC 8555 §6.2; with a payload of null a POST-as-GET (§6.3). A rejected nonce is tried again with the one that came
   * with the rejection (§6.5).
   * @throws AcmeError for every answer that is not 2xx, and where there is none
   */
  post(url: string, what: string, payload: unknown, signer: Signer, accept?: string): Promise<AcmeAnswer>;
  /** @throws AcmeError */
  get(url: string, what: string): Promise<AcmeAnswer>;
}

const DIRECTORY_LIFE = HOUR;
const MAX_ANSWER = 512 * 1024;
/** With one of twenty nonces rejected, seven rejections in a row happen once in a thousand million. */
const NONCE_TRIES = 7;
const NONCES_KEPT = 32;
const CALLS_AT_ONCE = 8;
const USER_AGENT = 'chancery/0.1.0';

export function createTransport(
  settings: Pick<AcmeSettings, 'directory' | 'allowedOrigins' | 'timeout'>,
  fetch: AcmeFetch,
  clock: Clock,
): Transport {
  const rule = createUrlRule(settings.directory, settings.allowedOrigins);
  const host = new URL(settings.directory).host;
  const nonces: string[] = [];
  const turn = turnstile(CALLS_AT_ONCE);
  let known: { directory: Directory; readAt: Instant } | null = null;
  let reading: Promise<Directory> | null = null;

  async function call(method: string, url: string, what: string, body?: string, accept = 'application/json') {
    const headers: Record<string, string> = { 'user-agent': USER_AGENT, 'accept-language': 'en', accept };
    if (body !== undefined) headers['content-type'] = 'application/jose+json';
    let response: Awaited<ReturnType<AcmeFetch>>;
    try {
      response = await turn(() =>
        fetch(url, {
          method,
          headers,
          timeoutMs: settings.timeout * SECOND,
          maxBytes: MAX_ANSWER,
          ...(body === undefined ? {} : { body }),
        }),
      );
    } catch (cause) {
      throw new AcmeError(`The CA could not be asked for the ${what}: ${(cause as Error).message}`, { cause });
    }
    keepNonce(response.headers['replay-nonce']);
    const retryAt = readRetryAfter(response.headers['retry-after'], clock.now());
    const answer: AcmeAnswer = { url, ...response, retryAt };
    if (response.status >= 200 && response.status < 300) return answer;
    throw failureOf(answer, what);
  }

  function failureOf({ status, headers, body, retryAt }: AcmeAnswer, what: string): AcmeError {
    if (status < 400) return new AcmeError(`${host} redirects the ${what} (status ${status}), which is not followed`);
    const isProblem = /^application\/(problem\+)?json\b/i.test(headers['content-type'] ?? '');
    const problem = readProblem(isProblem ? parseJson(body) : null, status);
    return new AcmeError(`${host}: ${describeProblem(problem)} (${what})`, { problem, retryAt });
  }

  /** RFC 8555 §6.5.1: base64url. */
  function keepNonce(nonce: string | undefined): void {
    if (nonce === undefined || !/^[A-Za-z0-9_-]{1,512}$/.test(nonce)) return;
    nonces.push(nonce);
    if (nonces.length > NONCES_KEPT) nonces.shift();
  }

  async function takeNonce(): Promise<string> {
    // The newest first: the CA forgets the oldest.
    for (let tries = 0; tries < 3; tries += 1) {
      const nonce = nonces.pop();
      if (nonce !== undefined) return nonce;
      await call('HEAD', (await directory()).newNonce, 'nonce');
    }
    throw new AcmeError(`${host} gives no nonce`);
  }

  async function directory(): Promise<Directory> {
    if (known !== null && clock.now() - known.readAt < DIRECTORY_LIFE) return known.directory;
    reading ??= readIt().finally(() => (reading = null));
    return reading;
  }

  async function readIt(): Promise<Directory> {
    const answer = await call('GET', rule.check(settings.directory, 'directory'), 'directory');
    known = { directory: readDirectory(parseJson(answer.body), rule), readAt: clock.now() };
    return known.directory;
  }

  async function post(url: string, what: string, payload: unknown, { key, url: kid }: Signer, accept?: string) {
    const to = rule.check(url, what);
    const bytes = payload === null ? new Uint8Array() : jsonBytes(payload);
    for (let tries = 1; ; tries += 1) {
      const nonce = await takeNonce();
      const jws = await key.sign({ nonce, url: to, ...(kid === null ? { jwk: key.publicJwk } : { kid }) }, bytes);
      try {
        return await call('POST', to, what, bodyOf(jws), accept);
      } catch (error) {
        const rejected = error instanceof AcmeError && error.problem?.type === 'badNonce';
        if (!rejected || tries === NONCE_TRIES) throw error;
      }
    }
  }

  return {
    rule,
    directory,
    forgetDirectory: () => (known = null),
    post,
    get: (url, what) => call('GET', rule.check(url, what), what),
  };
}

function bodyOf({ protected: header, payload, signature }: FlattenedJWS): string {
  return JSON.stringify({ protected: header, payload, signature });
}

/** The JSON of an answer; undefined where it is none. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Lets so many works run at once, the others in turn. */
function turnstile(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
