import { generateKeyPairSync, sign } from 'node:crypto';
import { bitString, explicit, integer, oid, sequence, set, utf8String } from '../../src/pki/der-writer.ts';
import { toPem } from '../../src/pki/pem.ts';

/** The connection broke before the whole answer was there: whether the call counted is not known. */
export class NoAnswer extends Error {}

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Reply {
  status: number;
  processId: number;
  text: string;
  json: Json;
}

/** The server that a client talks to; changes when that is started again. */
export interface Target {
  url: string;
  apiKey: string;
  customer: string;
}

const LONGEST_CALL = 20_000;

/** @throws NoAnswer */
export async function call(target: Target, method: string, path: string, body?: unknown): Promise<Reply> {
  const headers = { authorization: `ApiKey ${target.apiKey}`, 'content-type': 'application/json' };
  try {
    const response = await fetch(target.url + path, {
      method,
      headers,
      signal: AbortSignal.timeout(LONGEST_CALL),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      processId: Number(response.headers.get('x-process-id')),
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'TimeoutError') throw new Error(`No answer to ${path} in 20 s`);
    throw new NoAnswer(`${method} ${path}`, { cause });
  }
}

const ECDSA_WITH_SHA256 = sequence([oid('1.2.840.10045.4.3.2')]);
const COMMON_NAME = oid('2.5.4.3');

/** PEM of a CSR for a name, with a new P-256 key. */
export function makeCsr(commonName: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const info = sequence([
    integer(0),
    sequence([set([sequence([COMMON_NAME, utf8String(commonName)])])]),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(0, []),
  ]);
  return toPem('CERTIFICATE REQUEST', sequence([info, ECDSA_WITH_SHA256, bitString(sign('sha256', info, privateKey))]));
}

export interface DnsRecord {
  name: string;
  type: string;
  value: string;
}

/** What an order's answer asks to be published. */
export function recordsOf(reply: Reply): DnsRecord[] {
  return (reply.json.validations.dcv as Json[])
    .filter((entry) => entry.type === 'DNS')
    .map(({ dnsRecord, dnsType, dnsContents }) => ({ name: dnsRecord, type: dnsType, value: dnsContents }));
}
