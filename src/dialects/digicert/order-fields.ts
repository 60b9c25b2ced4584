import type { CertificateRequest, FieldValue, Kind, Order, Records, User } from '../../core/records.ts';
import type { Actor } from '../../core/desk.ts';
import { orderScope } from '../../core/scope.ts';
import { among, type Among, type Filter, type ListQuery } from '../../core/store.ts';
import { invalidParameter } from './errors.ts';
import {
  choiceField,
  dateField,
  flagOf,
  never,
  numberField,
  textField,
  toListQuery,
  wholeOf,
  type Groups,
  type ListField,
  type ListFields,
} from './list-fields.ts';
import type { Condition, ListAsk } from './list-query.ts';
import { certificatesBySerial } from './order-records.ts';
import type { OrderStatus } from './order-status.ts';
import type { World } from './world.ts';

const OPEN = ['needs-approval', 'waiting', 'issuing'];

/** What orders are filtered and sorted by. What certificates and details hold is looked up where it is indexed. */
function orderFields(world: World, accountId: number): ListFields<Order> {
  const id = numberField<Order>('id');
  return {
    id,
    order_id: id,
    status: { sort: 'state', filter: (condition) => statusGroups(world, accountId, condition) },
    organization_id: numberField('organizationId'),
    product_name_id: choiceField(
      'product',
      world.products.all().map(({ nameId, product }) => [nameId, product.id] as const),
    ),
    common_name: lowerCase(textField('commonName')),
    domain_name: { sort: null, filter: (condition) => domainGroups(world, accountId, condition) },
    date_created: dateField('createdAt'),
    order_valid_till: dateField('endsAt'),
    valid_till: dateField('certificateEndsAt'),
    serial_number: { sort: null, filter: (condition) => serialGroups(world, accountId, condition) },
    certificate_id: few(world, accountId, 'requests', 'id', 'orderId', (condition) =>
      condition.values.map((value) => wholeOf(condition, value)),
    ),
    container_id: numberField('containerId'),
    user_id: numberField('userId'),
    alternative_order_id: few(world, accountId, 'orderDetails', 'alternativeId', 'id', ({ values }) => values),
    metadata_id: { sort: null, filter: fieldGroups },
    is_renewed: flag((on) => [among('id', { kind: 'orders', field: 'renewsOrderId', filters: [LIVE] }, !on)]),
    disable_renewal_notifications: flag((on) => [
      among(
        'id',
        { kind: 'orderDetails', field: 'id', filters: [{ field: 'renewalNotices', op: 'eq', value: false }] },
        !on,
      ),
    ]),
    email: { sort: null, filter: (condition) => [[byEmail(condition, only(condition))]] },
    origin: { sort: null, filter: (condition) => (only(condition) === 'certcentral' ? [] : never()) },
    search: { sort: null, filter: searchGroups },
  };
}

/** An order counts as renewed while the one that follows it is neither called off nor refused. */
const LIVE: Filter<Order> = { field: 'state', op: 'in', value: ['pending', 'active', 'ended'] };

/** What a list of those orders that the actor sees asks of the store. @throws VendorError `invalid_value:…` */
export function orderQuery(world: World, actor: Actor, ask: ListAsk): Promise<ListQuery<Order>> {
  const { accountId } = actor;
  return toListQuery(accountId, orderFields(world, accountId), ask, orderScope(actor));
}

function lowerCase<R>(field: ListField<R>): ListField<R> {
  return { ...field, filter: (condition) => field.filter({ ...condition, values: lowered(condition) }) };
}

/** Beyond so many records, the database is left to join them. */
const FEW = 500;

/**
 * Orders of which a record of another table has one of a few values. It is looked up beforehand: SQLite would rather go
 * through all orders of the account.
 */
function few<K extends Kind>(
  world: World,
  accountId: number,
  kind: K,
  column: keyof Records[K] & string,
  field: keyof Records[K] & string,
  valuesOf: (condition: Condition) => (string | number)[],
): ListField<Order> {
  return {
    sort: null,
    async filter(condition) {
      const { parameter, op } = condition;
      if (op !== 'eq' && op !== 'ne') throw invalidParameter(parameter);
      const value = valuesOf(condition);
      const where = { accountId, [column]: value } as never;
      const found = await world.context.store.find(kind, where, { limit: FEW });
      const filters: Filter<Records[K]>[] = [{ field: column, op: 'in', value }];
      return [[linked(found, { kind, field, filters }, op === 'ne')]];
    },
  };
}

async function serialGroups(world: World, accountId: number, condition: Condition): Promise<Groups<Order>> {
  const { parameter, op } = condition;
  if (op !== 'eq' && op !== 'ne') throw invalidParameter(parameter);
  const value = condition.values.map(hexOf);
  const found = await certificatesBySerial(world, accountId, value);
  const filters = [{ field: 'serial', op: 'in', value }] as const;
  return [[linked(found, { kind: 'certificates', field: 'orderId', filters }, op === 'ne')]];
}

/** Orders that some records, of those that meet the filters, belong to; where there are too many, that is a join. */
function linked<K extends Kind>(found: readonly Records[K][], link: Among<K>, not: boolean): Filter<Order> {
  if (found.length >= FEW) return among('id', link, not);
  const ids = found.map((record) => record[link.field]).filter((id) => id !== null);
  return { field: 'id', op: not ? 'not-in' : 'in', value: [...new Set(ids)] };
}

/** Hexadecimal digits as our records hold them. */
export function hexOf(text: string): string {
  return text.replaceAll(/[\s:]/g, '').toUpperCase();
}

function lowered({ values }: Condition): string[] {
  return values.map((value) => value.toLowerCase());
}

function flag(filters: (on: boolean) => Filter<Order>[]): ListField<Order> {
  return {
    sort: null,
    filter(condition) {
      const on = flagOf(condition, only(condition));
      return filters(condition.op === 'ne' ? !on : on).map((filter) => [filter]);
    },
  };
}

function only({ parameter, values, op }: Condition): string {
  if (values.length !== 1 || (op !== 'eq' && op !== 'ne')) throw invalidParameter(parameter, 'It takes one value');
  return values[0] as string;
}

/** What makes a status: all must hold. `issued` includes expired orders, as the vendor's list does. */
function filtersOf(status: OrderStatus, now: number, reissues: Reissues): Filter<Order>[] {
  const state = (...states: Order['state'][]): Filter<Order> => ({ field: 'state', op: 'in', value: states });
  const withRequest = (kinds: string[], states: string[], not = false): Filter<Order> =>
    among(
      'id',
      {
        kind: 'requests',
        field: 'orderId',
        filters: [
          { field: 'state', op: 'in', value: states },
          { field: 'kind', op: 'in', value: kinds },
        ],
      },
      not,
    );
  const first = ['new', 'renew'];
  switch (status) {
    case 'needs_approval':
      return [state('pending'), withRequest(first, ['needs-approval'])];
    case 'processing':
      return [state('pending'), withRequest(first, ['issuing'])];
    case 'pending':
      return [state('pending'), withRequest(first, ['needs-approval', 'issuing'], true)];
    case 'issued':
      return [state('active'), ...reissues.none];
    case 'reissue_pending':
      return [state('active'), reissues.open];
    case 'expired':
      return [...filtersOf('issued', now, reissues), { field: 'endsAt', op: 'lte', value: now }];
    case 'revoked':
      return [state('ended')];
    case 'rejected':
      return [state('rejected')];
    case 'canceled':
      return [state('cancelled', 'failed')];
  }
}

const FILTERED: Readonly<Record<string, OrderStatus>> = {
  needs_approval: 'needs_approval',
  pending: 'pending',
  processing: 'processing',
  issued: 'issued',
  reissue_pending: 'reissue_pending',
  expired: 'expired',
  revoked: 'revoked',
  rejected: 'rejected',
  canceled: 'canceled',
  cancelled: 'canceled',
};

interface Reissues {
  open: Filter<Order>;
  none: Filter<Order>[];
}

/** Open reissues are few at a time: each order need not be asked for its own. */
async function readReissues({ context }: World, accountId: number): Promise<Reissues> {
  const filters: Filter<CertificateRequest>[] = [
    { field: 'kind', op: 'eq', value: 'reissue' },
    { field: 'state', op: 'in', value: OPEN },
  ];
  const query = { accountId, filters, order: [], limit: FEW, offset: 0, count: false };
  const { records } = await context.store.list('requests', query);
  const link = { kind: 'requests', field: 'orderId', filters } as const;
  return { open: linked(records, link, false), none: records.length === 0 ? [] : [linked(records, link, true)] };
}

async function statusGroups(world: World, accountId: number, condition: Condition): Promise<Groups<Order>> {
  const { parameter, op, values } = condition;
  const now = world.context.clock.now();
  if (op !== 'eq' && op !== 'ne') throw invalidParameter(parameter);
  const statuses = values.flatMap((value) => FILTERED[value.toLowerCase()] ?? []);
  const [first] = statuses;
  const reissues = await readReissues(world, accountId);
  if (op === 'eq' && statuses.length === 1) {
    return filtersOf(first as OrderStatus, now, reissues).map((filter) => [filter]);
  }
  const each = statuses.map((status) =>
    among<Order, 'orders'>(
      'id',
      { kind: 'orders', field: 'id', filters: filtersOf(status, now, reissues) },
      op === 'ne',
    ),
  );
  return op === 'ne' ? each.map((filter) => [filter]) : [each];
}

/** Any name of any request of the order. Names are found in the index of texts. */
async function domainGroups(world: World, accountId: number, condition: Condition): Promise<Groups<Order>> {
  const filters = [{ field: 'names', op: 'eq', value: only(condition).toLowerCase() }] as const;
  const query = { accountId, filters, order: [], limit: FEW, offset: 0, count: false };
  const { records } = await world.context.store.list('requests', query);
  return [[linked(records, { kind: 'requests', field: 'orderId', filters }, condition.op === 'ne')]];
}

/** Orders that carry a value of the custom field. */
function fieldGroups(condition: Condition): Groups<Order> {
  const fieldId = wholeOf(condition, only(condition));
  const filters: Filter<FieldValue>[] = [{ field: 'fieldId', op: 'eq', value: fieldId }];
  const not = condition.op === 'ne';
  return [[among('id', { kind: 'fieldValues', field: 'orderId', filters }, not)]];
}

function byEmail({ op }: Condition, email: string, like = email): Filter<Order> {
  const filters: Filter<User>[] = [{ field: 'email', op: 'like', value: like }];
  return among('userId', { kind: 'users', field: 'id', filters }, op === 'ne');
}

/** Part of the common name, or of the e-mail address of who ordered. */
function searchGroups(condition: Condition): Groups<Order> {
  const text = only(condition);
  // It would stand for any text.
  if (text.includes('%')) return never();
  const like = `%${text}%`;
  return [[{ field: 'commonName', op: 'like', value: like }, byEmail({ ...condition, op: 'eq' }, text, like)]];
}
