import type { Actor } from '../desk.ts';
import { notFound } from '../errors.ts';
import { holdRecord } from '../hold-record.ts';
import type { Engine } from '../parts.ts';
import type { Hostname, Website, WebsiteGroup } from '../records.ts';
import type { Reader, Unit } from '../store.ts';

/** What websites are kept with: of one dialect, by its folder name. */
export interface WebsiteParts extends Pick<Engine, 'store' | 'clock' | 'random' | 'names'> {
  dialect: string;
}

/** What names are proved and certificates put in place with beside it. */
export interface HostingParts extends WebsiteParts, Pick<Engine, 'domains' | 'pki'> {
  /** Label of the TXT record that proves a name: `_label.example.com`. */
  proofLabel: string;
}

/** A group of the actor's account. @throws DeskError `not-found` */
export async function ownGroup(
  reader: Reader,
  parts: WebsiteParts,
  actor: Actor,
  groupId: number,
): Promise<WebsiteGroup> {
  const group = await reader.get('websiteGroups', groupId);
  if (isForeign(group, parts, actor)) throw notFound(`Website group ${groupId}`);
  return group;
}

/** A website of the actor's account. @throws DeskError `not-found` */
export async function ownWebsite(
  reader: Reader,
  parts: WebsiteParts,
  actor: Actor,
  websiteId: number,
): Promise<Website> {
  const website = await reader.get('websites', websiteId);
  if (isForeign(website, parts, actor)) throw notFound(`Website ${websiteId}`);
  return website;
}

/** A hostname of the actor's account. @throws DeskError `not-found` */
export async function ownHostname(
  reader: Reader,
  parts: WebsiteParts,
  actor: Actor,
  hostnameId: number,
): Promise<Hostname> {
  const hostname = await reader.get('hostnames', hostnameId);
  if (isForeign(hostname, parts, actor)) throw notFound(`Hostname ${hostnameId}`);
  return hostname;
}

function isForeign<R extends { accountId: number; dialect: string }>(
  record: R | null,
  { dialect }: WebsiteParts,
  { accountId }: Actor,
): record is null {
  return record === null || record.accountId !== accountId || record.dialect !== dialect;
}

/** Whoever comes second waits here until the unit ends, and sees then what the first has written. */
export function lockWebsite(unit: Unit, { id, name }: Website): Promise<void> {
  return holdRecord(unit, 'websites', id, { name });
}

/** A UUID (RFC 9562 §5.4) from 16 random bytes. */
export function newUid({ random }: Pick<WebsiteParts, 'random'>): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
