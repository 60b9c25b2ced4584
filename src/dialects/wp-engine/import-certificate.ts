import { createHash, X509Certificate } from 'node:crypto';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { ParsedCertificate } from '../../core/ports.ts';
import type { Hostname, Website } from '../../core/records.ts';
import { badField } from './errors.ts';
import type { ThirdParty } from './schemas.ts';
import { stopRenewals } from './stop-renewals.ts';
import { DIALECT, type World } from './world.ts';

const RESOURCE = 'ThirdPartyCertificate';
/** Leaf, intermediates and a root. */
const LONGEST_CHAIN = 10;

/**
 * Puts a certificate from elsewhere in place on every domain of the install that it names. Its key is kept encrypted;
 * what renewed itself for these domains does so no longer.
 * @throws BadRequest where certificate and key cannot be read, do not fit, have expired, or name no domain
 */
export async function importThirdParty(world: World, actor: Actor, install: Website, body: ThirdParty): Promise<void> {
  const chain = readChain(world, fromBase64('certificate', body.certificate));
  const [leaf] = chain as [ParsedCertificate];
  const keyText = fromBase64('private_key', body.private_key);
  refuseStrangeKey(world, leaf, keyText);
  if (leaf.notAfter <= world.clock.now()) throw badField(RESOURCE, 'certificate', 'certificate has expired', 'expired');
  const domains = await coveredDomains(world, install, leaf);
  const key = await world.subscriberKeys.keep(actor, { dialect: DIALECT, label: install.name, key: keyText });
  const certificateId = await recordOf(world, actor, leaf);
  const certificatePem = chain.map(({ der }) => new X509Certificate(der).toString()).join('');
  const hostnameIds = domains.map(({ id }) => id);
  await world.hosting.install(actor, install.id, { certificatePem, keyId: key.id, certificateId, hostnameIds });
  await stopRenewals(world, actor, domains);
  const extra = ({ orderId: _, ...kept }: Hostname['extra']) => kept;
  for (const id of hostnameIds) await world.hosting.changeHostname(actor, id, { extra });
}

/** Text in base64, line breaks allowed. */
function fromBase64(field: 'certificate' | 'private_key', text: string): string {
  const plain = text.replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) throw badField(RESOURCE, field, `${field} must be base64 of PEM text`);
  return Buffer.from(plain, 'base64').toString('latin1');
}

function readChain({ pki }: World, text: string): ParsedCertificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw badField(RESOURCE, 'certificate', 'certificate holds no PEM certificate');
  if (blocks.length > LONGEST_CHAIN) throw badField(RESOURCE, 'certificate', 'certificate holds too many certificates');
  return told('certificate', () => blocks.map((block) => pki.readCertificate(block)));
}

function refuseStrangeKey({ keyTools }: World, { spkiHash }: ParsedCertificate, text: string): void {
  const { spki } = told('private_key', () => keyTools.readKey(text));
  if (createHash('sha256').update(spki).digest('hex') === spkiHash) return;
  throw badField(RESOURCE, 'private_key', 'private_key does not match the certificate', 'mismatch');
}

/** What cannot be read is a mistake of its field. */
function told<T>(field: 'certificate' | 'private_key', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    throw badField(RESOURCE, field, `${field}: ${error.message}`);
  }
}

async function coveredDomains({ store }: World, install: Website, { dnsNames }: ParsedCertificate) {
  const all = await store.find('hostnames', { websiteId: install.id });
  const covered = all.filter(({ name }) => dnsNames.includes(name) || dnsNames.includes(wildcardOver(name)));
  if (covered.length > 0) return covered;
  throw badField(RESOURCE, 'certificate', 'certificate names no domain of the install', 'no_domain');
}

function wildcardOver(name: string): string {
  return `*.${name.slice(name.indexOf('.') + 1)}`;
}

/** The certificate in the inventory, which may have been there before. */
async function recordOf({ desk, store }: World, actor: Actor, certificate: ParsedCertificate): Promise<number> {
  const { accountId } = actor;
  const { fingerprint, commonName } = certificate;
  const [known] = await store.find('certificates', { accountId, fingerprint }, { limit: 1 });
  if (known !== undefined) return known.id;
  const ask = { dialect: DIALECT, certificate, csr: null, commonName, registrationNumber: null, extra: {} };
  const { request } = await desk.importCertificate(actor, ask);
  return request.id;
}
