import { X509Certificate } from 'node:crypto';
import type { Actor } from '../desk.ts';
import { invalidValue, notFound } from '../errors.ts';
import type { Facts } from '../facts.ts';
import type { Installation } from '../hosting.ts';
import type { Hostname, InstallOn, Website } from '../records.ts';
import { note } from '../registry/note.ts';
import type { Reader, Unit } from '../store.ts';
import type { Instant } from '../time.ts';
import { type HostingParts, ownWebsite, type WebsiteParts } from './own.ts';
import { NOTHING_INSTALLED } from './websites.ts';

/** @throws DeskError `not-found` for website, hostname or key, `invalid-value` where key and certificate do not fit */
export async function install(
  parts: HostingParts,
  actor: Actor,
  websiteId: number,
  { certificatePem, keyId, certificateId, hostnameIds }: Installation,
): Promise<Website> {
  const { spkiHash, fingerprint } = parts.pki.readCertificate(leafOf(certificatePem));
  return parts.store.transact(async (unit) => {
    const website = await ownWebsite(unit, parts, actor, websiteId);
    const key = await unit.get('subscriberKeys', keyId);
    if (key === null || key.accountId !== actor.accountId) throw notFound(`Key ${keyId}`);
    if (key.spkiHash !== spkiHash) throw invalidValue('keyId', 'The key is not that of the certificate');
    const installedAt = parts.clock.now();
    const installed = { certificatePem, keyId, certificateId, installedAt };
    const details = { fingerprint, certificate: certificateId };
    if (hostnameIds === undefined) {
      await unit.update('websites', websiteId, installed);
      note(unit, actor, 'certificate.installed', `website:${websiteId}`, details, installedAt);
      return { ...website, ...installed };
    }
    const own = await unit.find('hostnames', { websiteId, id: hostnameIds });
    const missing = hostnameIds.find((id) => own.every((one) => one.id !== id));
    if (missing !== undefined) throw notFound(`Hostname ${missing}`);
    for (const { id } of own) {
      await unit.update('hostnames', id, installed);
      note(unit, actor, 'certificate.installed', `hostname:${id}`, details, installedAt);
    }
    return website;
  });
}

/** @throws DeskError `not-found` */
export async function uninstall(parts: WebsiteParts, actor: Actor, websiteId: number): Promise<Website> {
  return parts.store.transact(async (unit) => {
    const website = await ownWebsite(unit, parts, actor, websiteId);
    await unit.update('websites', websiteId, NOTHING_INSTALLED);
    const details = { certificate: website.certificateId };
    note(unit, actor, 'certificate.uninstalled', `website:${websiteId}`, details, parts.clock.now());
    return { ...website, ...NOTHING_INSTALLED };
  });
}

/** @throws DeskError `not-found` for a website or hostname that is not the account's, in this dialect */
export async function checkPlaces(
  reader: Reader,
  { accountId }: Pick<Actor, 'accountId'>,
  dialect: string,
  { websiteIds, hostnameIds }: InstallOn,
): Promise<void> {
  const websites = await reader.find('websites', { id: websiteIds, accountId, dialect });
  const website = websiteIds.find((id) => websites.every((one) => one.id !== id));
  if (website !== undefined) throw notFound(`Website ${website}`);
  const hostnames = await reader.find('hostnames', { id: hostnameIds, accountId, dialect });
  const hostname = hostnameIds.find((id) => hostnames.every((one) => one.id !== id));
  if (hostname !== undefined) throw notFound(`Hostname ${hostname}`);
}

/**
 * Puts a certificate that was just issued where its request says. One whose key is not kept here cannot be put
 * anywhere; a renewal or reissue stays away from where its predecessor is not in place any more.
 */
export async function installIssued(unit: Unit, facts: Facts, chain: readonly Uint8Array[], now: Instant) {
  const { request, certificate, target } = facts;
  const { installOn, accountId, dialect } = request;
  if (installOn === null || certificate === null) return;
  const [key] = await unit.find('subscriberKeys', { accountId, dialect, spkiHash: certificate.spkiHash });
  if (key === undefined) return;
  const certificatePem = pemOf([certificate.der, ...chain]);
  const installed = { certificatePem, keyId: key.id, certificateId: certificate.id, installedAt: now };
  const fits = (slot: Website | Hostname): boolean =>
    request.kind === 'new' || target === null || slot.certificateId === target.id;
  const details = { fingerprint: certificate.fingerprint, certificate: certificate.id };
  const tell = (what: string): void =>
    unit.audit({ at: now, actor: 'system', accountId, action: 'certificate.installed', target: what, details });
  for (const website of await unit.find('websites', { id: installOn.websiteIds, accountId, dialect })) {
    if (!fits(website)) continue;
    await unit.update('websites', website.id, installed);
    tell(`website:${website.id}`);
  }
  for (const hostname of await unit.find('hostnames', { id: installOn.hostnameIds, accountId, dialect })) {
    if (!fits(hostname)) continue;
    await unit.update('hostnames', hostname.id, installed);
    tell(`hostname:${hostname.id}`);
  }
}

/** The first certificate of a PEM text. */
function leafOf(pem: string): string {
  return /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(pem)?.[0] ?? pem;
}

/** Certificates as servers want them: leaf first, without a root, which who connects has to have already. */
function pemOf(certificates: readonly Uint8Array[]): string {
  const [leaf, ...above] = certificates.map((der) => new X509Certificate(der));
  const sent = [leaf as X509Certificate, ...above.filter((one) => !one.checkIssued(one))];
  return sent.map((one) => one.toString()).join('');
}
