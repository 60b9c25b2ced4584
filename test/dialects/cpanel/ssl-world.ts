import { createHash, createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import type { Store } from '../../../src/core/store.ts';
import { httpAnswer } from '../../../src/core/challenge-answers.ts';
import { cpanel } from '../../../src/dialects/cpanel/plugin.ts';
import type { TestDesk, TestDeskOptions } from '../../support/desk.ts';
import { START } from '../../support/core-world.ts';
import { openssl } from '../../support/openssl.ts';
import { type Client, openClient } from './client.ts';

// As in test/pki/second-opinion.ts: what tsyringe wants at load.
const nothing = (): undefined => undefined;
Object.assign(Reflect, { getMetadata: nothing, getOwnMetadata: nothing, defineMetadata: nothing });
const x509 = await import('@peculiar/x509');

/** Keys made once for all tests, PEM in the older forms that panels show. */
export const RSA = openssl(['rsa', '-traditional'], openssl(['genrsa', '2048']));
export const EC = openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout']);
export const OTHER_RSA = openssl(['rsa', '-traditional'], openssl(['genrsa', '2048']));

export const SUBJECT = {
  countryName: 'US',
  stateOrProvinceName: 'TX',
  localityName: 'Houston',
  organizationName: 'Müller & Sons',
};

/** A client with the website `shop.test`, as the first account of the desk. */
export async function openShop(store: Store, options: TestDeskOptions = {}): Promise<Client> {
  const client = await openClient(store, options);
  serveOwnFiles(client.desk);
  await addWebsite(client, 'shop.test', ['shop.test', 'www.shop.test']);
  return client;
}

/** Another account with a website of its own. */
export async function otherAccount(client: Client, handle = 'globex'): Promise<Client> {
  const { actor, secret } = await client.desk.addKey(handle, 'admin');
  const other = client.as(actor.handle, secret);
  await addWebsite(other, `${handle}.test`, [`${handle}.test`], actor.accountId);
  return other;
}

export async function addWebsite(client: Client, name: string, names: readonly string[], accountId?: number) {
  const { desk } = client;
  const hosting = desk.platform.hosting(cpanel);
  const actor = { ...desk.actor, handle: client.user, accountId: accountId ?? desk.actor.accountId };
  const website = await hosting.createWebsite(actor, { name, groupId: null, extra: { ip: '192.0.2.10' } });
  const asks = names.map((one, at) => ({ name: one, isPrimary: at === 0, extra: {} }));
  return { website, hostnames: await hosting.addHostnames(actor, website.id, asks) };
}

/** Files that the desk answers itself are found, as its responder would serve them. */
export function serveOwnFiles({ domains, store, clock }: TestDesk): void {
  const published = domains.check.bind(domains);
  domains.check = async (challenges) => {
    for (const challenge of challenges) {
      if (challenge.method === 'http') {
        const { host, path, content } = challenge;
        const found = await httpAnswer(store, host, path, clock.now());
        if (found === content) return { outcome: 'passed', message: 'Found', evidence: {} };
      }
      if (challenge.method === 'dns') {
        const [found] = await store.find('challengeAnswers', { kind: 'dns', name: challenge.name });
        if (found?.value === challenge.value) domains.publishRecord('SEEN', challenge.name, '');
      }
    }
    return published(challenges);
  };
}

export function spkiHash(keyPem: string): string {
  return createHash('sha256')
    .update(createPublicKey(keyPem).export({ format: 'der', type: 'spki' }))
    .digest('hex');
}

export function modulus(keyPem: string): string {
  const { n } = createPublicKey(keyPem).export({ format: 'jwk' });
  return Buffer.from(n as string, 'base64url').toString('hex');
}

interface CertificateAsk {
  key: string;
  names: readonly string[];
  subject?: string;
  days?: number;
  /** Signs it; the key itself where it is not told. */
  ca?: { key: string; subject: string };
  isCa?: boolean;
  policy?: string;
}

/** A certificate of another library's making, PEM, that began a day before the tests' time. */
export async function makeCertificate(ask: CertificateAsk): Promise<string> {
  const { key, names, subject = `CN=${names[0]}`, days = 365, ca, isCa = false, policy } = ask;
  const [own, signer] = await Promise.all([importKey(key), importKey(ca?.key ?? key)]);
  const begin = START - 86_400_000;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: createHash('sha256').update(JSON.stringify(ask)).digest('hex').slice(0, 30).replace(/^./, '1'),
    subject,
    issuer: ca?.subject ?? subject,
    notBefore: new Date(begin),
    notAfter: new Date(begin + days * 86_400_000),
    signingAlgorithm: signer.algorithm,
    publicKey: own.keys.publicKey,
    signingKey: signer.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(isCa, undefined, true),
      ...(isCa ? [] : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))]),
      ...(policy === undefined ? [] : [new x509.CertificatePolicyExtension([policy])]),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

async function importKey(pem: string) {
  const key = createPrivateKey(pem);
  const isRsa = key.asymmetricKeyType === 'rsa';
  const kind = isRsa ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'ECDSA', namedCurve: 'P-256' };
  const [pkcs8, spki] = [
    key.export({ format: 'der', type: 'pkcs8' }),
    createPublicKey(pem).export({ format: 'der', type: 'spki' }),
  ];
  const privateKey = await webcrypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), kind, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', new Uint8Array(spki), kind, true, ['verify']);
  const algorithm = isRsa ? { name: 'RSASSA-PKCS1-v1_5' } : { name: 'ECDSA', hash: 'SHA-256' };
  return { algorithm, keys: { privateKey, publicKey } };
}

/** What the audit trail tells of keys. */
export async function keyEvents(client: Client): Promise<{ action: string; actor: string; why: unknown }[]> {
  const events = await client.desk.store.find('auditEvents', {});
  return events
    .filter(({ action }) => action.startsWith('subscriber-key.'))
    .map(({ action, actor, details }) => ({ action, actor, why: details.why }));
}
