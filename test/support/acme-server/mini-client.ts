import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Jwk, thumbprint } from './jws.ts';

/** As much of a client as the server's own tests need, and as wrong as they want. */
export interface MiniClient {
  jwk: Jwk;
  key: KeyObject;
  thumbprint: string;
  accountUrl: string | null;
  /** POST, signed; `payload` null is POST-as-GET. */
  post(url: string, payload: unknown, bend?: Bend): Promise<Reply>;
  get(url: string, method?: string): Promise<Reply>;
}

/** What is different from a right request. */
export interface Bend {
  header?: Record<string, unknown>;
  /** Members that the protected header lacks. */
  without?: readonly string[];
  body?: (jws: Record<string, unknown>) => unknown;
  contentType?: string;
  useJwk?: boolean;
  userAgent?: string;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at whatever came
  body: any;
}

export function createMiniClient(origin: string): MiniClient {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' }) as Jwk;
  let nonce: string | null = null;

  async function call(url: string, init: RequestInit): Promise<Reply> {
    const answer = await fetch(url, init);
    nonce = answer.headers.get('replay-nonce') ?? nonce;
    const text = await answer.text();
    let body: unknown = null;
    try {
      body = JSON.parse(text);
    } catch {
      // PEM, or nothing.
    }
    return { status: answer.status, headers: answer.headers, text, body };
  }

  const client: MiniClient = {
    jwk,
    key: privateKey,
    thumbprint: thumbprint(jwk),
    accountUrl: null,
    get: (url, method = 'GET') => call(url, { method, headers: { 'user-agent': 'mini' } }),
    async post(url, payload, bend = {}) {
      if (nonce === null) await client.get(`${origin}/new-nonce`, 'HEAD');
      const by = client.accountUrl === null || bend.useJwk === true ? { jwk } : { kid: client.accountUrl };
      const header: Record<string, unknown> = { alg: 'ES256', nonce, url, ...by, ...bend.header };
      for (const name of bend.without ?? []) delete header[name];
      nonce = null;
      const jws = signJws(header, payload, privateKey);
      const body = JSON.stringify(bend.body === undefined ? jws : bend.body(jws));
      const headers = {
        'content-type': bend.contentType ?? 'application/jose+json',
        'user-agent': bend.userAgent ?? 'mini',
      };
      return call(url, { method: 'POST', headers, body });
    },
  };
  return client;
}

export function signJws(header: Record<string, unknown>, payload: unknown, key: KeyObject): Record<string, string> {
  const head = Buffer.from(JSON.stringify(header)).toString('base64url');
  const body = payload === null ? '' : Buffer.from(JSON.stringify(payload)).toString('base64url');
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return { protected: head, payload: body, signature: signature.toString('base64url') };
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
