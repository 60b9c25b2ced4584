import type { Office } from '../admin/office.ts';
import { createWebsite } from '../admin/websites.ts';
import { againOnConflict } from '../core/again.ts';
import type { Account } from '../core/records.ts';
import type { Dialect, HostingDialect, ReadyWebsite } from '../dialects/dialect.ts';

const BY = 'first-start';

/**
 * The website that an account of the sandbox has in each hosting dialect, its names counting as proved. Made once; a
 * second time it answers with what is there. By the dialects' names.
 */
export async function readyWebsites(
  office: Office,
  account: Account,
  dialects: readonly Pick<Dialect, 'name' | 'hosting'>[],
): Promise<ReadonlyMap<string, ReadyWebsite>> {
  const websites = new Map<string, ReadyWebsite>();
  for (const { name, hosting } of dialects) {
    if (hosting === undefined) continue;
    // Another process may be making the same.
    const website = await againOnConflict(() => readyWebsite(office, account, name, hosting.ready));
    websites.set(name, website);
  }
  return websites;
}

async function readyWebsite(
  office: Office,
  account: Account,
  dialect: string,
  { group, website: name, hostnames }: HostingDialect['ready'],
): Promise<ReadyWebsite> {
  const { store } = office;
  const [known] = await store.find('websites', { dialect, name, accountId: account.id });
  if (known !== undefined) {
    return { uid: known.uid, name, hostnames: await store.find('hostnames', { websiteId: known.id }) };
  }
  const ask = { account: account.handle, dialect, group, name, hostnames, proved: true };
  const made = await createWebsite(office, ask, BY);
  return { uid: made.website.uid, name, hostnames: made.hostnames };
}
