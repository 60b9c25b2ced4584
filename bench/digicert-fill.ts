import { createHash, randomBytes } from 'node:crypto';
import type { Role, User } from '../src/core/records.ts';
import type { Unit } from '../src/core/store.ts';
import type { ChanceryStore } from '../src/store/open.ts';
import { newCertificate, newRequest } from './order-shape.ts';

const AT = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;
const YEAR = 365 * DAY;
const BATCH = 25_000;
const DIVISIONS = 20;
const USERS = 50;
const PRODUCTS = ['ov-flex-pro', 'ov-flex-basic', 'ov-single-plus', 'ev-flex-pro', 'dv-flex-basic'];

/** What the lists are asked with. */
export interface FilledOrders {
  containerId: number;
  fieldId: number;
  organizationId: number;
  /** Keys of a user who sees the orders of one division, and of one who sees their own alone. */
  divisionKey: string;
  limitedKey: string;
  limitedId: number;
}

/**
 * Fills an account with orders that came through the DigiCert API: spread over a year, over 20 divisions of which one
 * holds half, over 50 users, one in ten with a custom field, one in twenty still pending, one in fifty revoked.
 */
export async function fillOrders(
  store: ChanceryStore,
  accountId: number,
  count: number,
  log: (line: string) => void,
): Promise<FilledOrders> {
  const ground = await store.transact((unit) => layGround(unit, accountId));
  for (let done = 0; done < count; done += BATCH) {
    await store.transact(async (unit) => {
      for (let n = done + 1; n <= Math.min(done + BATCH, count); n += 1) insertOrder(unit, accountId, n, ground);
    });
    if ((done + BATCH) % 100_000 === 0) log(`${done + BATCH} orders`);
  }
  const { containers, fieldId, organizationId, divisionKey, limitedKey, users } = ground;
  const limitedId = users[1] as number;
  return { containerId: containers[1] as number, fieldId, organizationId, divisionKey, limitedKey, limitedId };
}

type Ground = Awaited<ReturnType<typeof layGround>>;

async function layGround(unit: Unit, accountId: number) {
  const [root] = await unit.find('containers', { accountId, parentId: null });
  const [organization] = await unit.find('organizations', { accountId });
  if (root === undefined || organization === undefined) throw new Error('The server has made no account');
  const containers = Array.from({ length: DIVISIONS }, (_, at) => {
    const id = unit.newId('containers');
    const container = { id, accountId, parentId: root.id, name: `Division ${at}`, description: null };
    unit.insert('containers', { ...container, state: 'active', createdAt: AT });
    return id;
  });
  const users = Array.from({ length: USERS }, (_, at) => {
    const [role, containerId] = ROLES[at] ?? ['standard', root.id];
    return insertUser(unit, accountId, at, role, at === 0 ? (containers[0] as number) : containerId);
  });
  const fieldId = unit.newId('customFields');
  const field = { id: fieldId, accountId, label: 'Invoice', required: false, dataType: 'any' as const };
  unit.insert('customFields', { ...field, state: 'active', createdAt: AT });
  const divisionKey = insertKey(unit, accountId, users[0] as number, 'user-0');
  const limitedKey = insertKey(unit, accountId, users[1] as number, 'user-1');
  return { containers, users, fieldId, organizationId: organization.id, divisionKey, limitedKey };
}

/** The first user sees one division, the second their own orders. */
const ROLES: readonly (readonly [Role, number | null])[] = [
  ['standard', null],
  ['limited', null],
];

function insertUser(unit: Unit, accountId: number, at: number, role: Role, containerId: number | null): number {
  const id = unit.newId('users');
  const user: User = {
    id,
    accountId,
    kind: 'person',
    userName: `user-${at}`,
    firstName: 'User',
    lastName: String(at),
    email: `user-${at}@example.com`,
    jobTitle: null,
    phone: null,
    role,
    containerId,
    state: 'active',
    createdAt: AT,
    lastSeenAt: null,
  };
  unit.insert('users', user);
  return id;
}

function insertKey(unit: Unit, accountId: number, userId: number, userName: string): string {
  const secret = randomBytes(32).toString('base64url');
  const secretHash = new Uint8Array(createHash('sha256').update(secret, 'utf8').digest());
  const key = { accountId, dialect: 'digicert', userName, userId, role: 'admin' as const, label: null, secretHash };
  unit.insert('credentials', {
    ...key,
    id: unit.newId('credentials'),
    createdAt: AT,
    expiresAt: null,
    revokedAt: null,
  });
  return secret;
}

function insertOrder(unit: Unit, accountId: number, n: number, ground: Ground): void {
  const { containers, users, fieldId } = ground;
  const label = `shop-${((n * 2_654_435_761) % 4_294_967_296).toString(36)}`;
  const id = unit.newId('orders');
  const request = newRequest(unit.newId('requests'), accountId, id, label);
  const createdAt = AT - YEAR + Math.floor((n / 1_000_000) * YEAR);
  const product = PRODUCTS[n % PRODUCTS.length] as string;
  const pending = n % 20 === 0;
  const notAfter = createdAt + 200 * DAY;
  const containerId = (n % 2 === 0 ? containers[0] : containers[1 + (n % (DIVISIONS - 1))]) as number;
  unit.insert('orders', {
    id,
    accountId,
    product,
    dialect: 'digicert',
    state: pending ? 'pending' : n % 50 === 1 ? 'ended' : 'active',
    periodMonths: 12,
    commonName: request.commonName,
    startsAt: pending ? null : createdAt,
    endsAt: pending ? null : createdAt + YEAR,
    renewsOrderId: null,
    organizationId: ground.organizationId,
    containerId,
    userId: users[n % USERS] as number,
    certificateEndsAt: pending ? null : notAfter,
    extraDomains: 0,
    extraWildcards: 0,
    createdAt,
  });
  const customFields = n % 10 === 0 ? [{ fieldId, value: String(n) }] : [];
  unit.insert('orderDetails', {
    id,
    accountId,
    alternativeId: `PO-${n}`,
    alternativeKey: null,
    autoRenew: false,
    autoReissue: false,
    renewalNotices: n % 3 !== 0,
    guestAccess: false,
    customFields,
    contacts: [],
    emails: [],
    extra: { orderValidity: { years: 1 }, paymentMethod: 'balance' },
  });
  for (const { value } of customFields) {
    unit.insert('fieldValues', { id: unit.newId('fieldValues'), accountId, orderId: id, fieldId, value });
  }
  const times = { createdAt, updatedAt: createdAt + 5_000 };
  const asked = { ...request, dialect: 'digicert', product, twinKey: null, ...times, extra: {} };
  unit.insert('requests', { ...asked, state: pending ? 'waiting' : 'completed' });
  if (pending) return;
  const certificate = newCertificate(request.id, request, n);
  const life = { notBefore: createdAt, notAfter, createdAt, subscriptionEndsAt: createdAt + YEAR };
  const lapsed = notAfter <= Date.now() ? { state: 'expired' as const } : {};
  const revoked = n % 50 === 1 ? { state: 'revoked' as const, revokedAt: createdAt } : {};
  unit.insert('certificates', { ...certificate, product, ...life, ...lapsed, ...revoked });
}
