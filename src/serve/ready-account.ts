import { accountByHandle } from '../admin/accounts.ts';
import { type Office, record } from '../admin/office.ts';
import { againOnConflict } from '../core/again.ts';
import type { Account, Organization } from '../core/records.ts';
import { insertRoot } from '../core/registry/containers.ts';
import type { Unit } from '../core/store.ts';
import type { Dialect, ReadyAccount } from '../dialects/dialect.ts';
import { readyWebsites } from './ready-websites.ts';

/** A reserved name (RFC 6761), so that nothing said about it can touch a real domain. */
const DOMAIN = 'ready.test';
const PHONE = '+1.8015550100';
const BY = 'first-start';

export interface MadeReady extends ReadyAccount {
  userId: number;
}

/**
 * Gives an account of the sandbox what otherwise takes people: an administrator, approval by itself, an organization
 * that counts as vetted and a domain that counts as proved, and a website in each hosting dialect. Done once; a second time it answers with what is there.
 */
export async function makeReady(
  office: Office,
  handle: string,
  dialects: readonly Pick<Dialect, 'name' | 'hosting'>[] = [],
): Promise<MadeReady> {
  const made = await makeAccountReady(office, handle);
  const account = await accountByHandle(office.store, handle);
  return { ...made, websites: await readyWebsites(office, account, dialects) };
}

function makeAccountReady(office: Office, handle: string): Promise<MadeReady> {
  return againOnConflict(() =>
    office.store.transact(async (unit) => {
      const account = await accountByHandle(unit, handle);
      const accountId = account.id;
      const [domain] = await unit.find('domains', { accountId, name: DOMAIN });
      const [user] = await unit.find('users', { accountId });
      const known = domain?.organizationId ?? null;
      if (known !== null && user !== undefined) return { organizationId: known, domain: DOMAIN, userId: user.id };
      return make(office, unit, account);
    }),
  );
}

async function make(office: Office, unit: Unit, account: Account): Promise<MadeReady> {
  const at = office.clock.now();
  const { id: accountId, name, settings } = account;
  await unit.update('accounts', accountId, { settings: { ...settings, approval: 'automatic' } });
  const [known] = await unit.find('containers', { accountId, parentId: null });
  const { id: containerId } = known ?? insertRoot(unit, account, at);
  const userId = unit.newId('users');
  unit.insert('users', {
    id: userId,
    accountId,
    kind: 'person',
    userName: 'first',
    firstName: 'First',
    lastName: 'Administrator',
    email: `first@${DOMAIN}`,
    jobTitle: null,
    phone: PHONE,
    role: 'admin',
    containerId,
    state: 'active',
    createdAt: at,
    lastSeenAt: null,
  });
  const organization = { ...newOrganization(unit.newId('organizations'), accountId, name, userId, at), containerId };
  unit.insert('organizations', organization);
  insertDomain(unit, organization, at);
  const details = { organization: organization.id, domain: DOMAIN, user: userId };
  record(unit, office, { by: BY, action: 'account.made-ready', target: `account:${accountId}`, accountId, details });
  return { organizationId: organization.id, domain: DOMAIN, userId };
}

function newOrganization(id: number, accountId: number, name: string, userId: number, at: number): Organization {
  const subject = { country: 'US', state: 'Utah', locality: 'Lehi', street: '1 Ready Road', postalCode: '84043' };
  const person = { userId, firstName: 'First', lastName: 'Administrator', email: `first@${DOMAIN}`, phone: PHONE };
  return {
    id,
    accountId,
    containerId: null,
    dialect: null,
    name: `${name} Ready`,
    identityKey: null,
    subject: { organization: `${name} Ready`, ...subject },
    details: { phone: PHONE },
    contacts: [
      { kind: 'organization', ...person },
      { kind: 'ev-approver', ...person, verified: true },
    ],
    active: true,
    submitted: [],
    state: 'valid',
    level: 'EV',
    collectedBy: BY,
    confirmedBy: 'sandbox',
    evidence: 'Made up: the sandbox issues certificates that nobody trusts',
    validatedAt: at,
    createdAt: at,
  };
}

function insertDomain(
  unit: Unit,
  { id: organizationId, accountId, containerId }: Pick<Organization, 'id' | 'accountId' | 'containerId'>,
  at: number,
): void {
  const domainId = unit.newId('domains');
  const kept = { id: domainId, accountId, containerId, organizationId, dialect: 'digicert', name: DOMAIN };
  unit.insert('domains', { ...kept, method: 'dns', active: true, extra: {}, createdAt: at });
  unit.insert('validations', {
    id: unit.newId('validations'),
    accountId,
    requestId: null,
    domainId,
    domain: DOMAIN,
    method: 'dns',
    coversSubdomains: true,
    state: 'valid',
    challenges: [{ method: 'dns', record: 'TXT', name: DOMAIN, value: 'sandbox' }],
    detail: 'Made up by the first start of the sandbox',
    attempts: 0,
    nextAttemptAt: null,
    validatedAt: at,
    reusedFrom: null,
    createdAt: at,
  });
}
