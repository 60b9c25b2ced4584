import { DeskError } from '../../core/errors.ts';
import type { CertificateRequest, Charge, RequestKind } from '../../core/records.ts';
import type { RequestState } from '../../core/states.ts';
import type { Filter } from '../../core/store.ts';
import { IMPORTED } from './certificate-fields.ts';
import {
  choiceField,
  constantField,
  dateField,
  isNegative,
  matches,
  numberField,
  textField,
  type Groups,
  type ListField,
} from './list-fields.ts';
import type { Condition } from './list-query.ts';
import { BRAND } from './products.ts';
import { ACTION_OF } from './quotes.ts';
import type { World } from './world.ts';

export const PROCESS_TYPE = 'certificate';

export const PROCESS_STATUS: Readonly<Record<RequestState, string>> = {
  'needs-approval': 'SUSPENDED',
  waiting: 'SUSPENDED',
  issuing: 'RUNNING',
  completed: 'COMPLETED',
  cancelled: 'CANCELLED',
  rejected: 'FAILED',
  failed: 'FAILED',
};

export const PROCESS_ACTION: Readonly<Record<RequestKind, string>> = {
  new: 'request',
  renew: 'renew',
  reissue: 'reissue',
  duplicate: 'reissue',
  revoke: 'revoke',
  import: 'import',
};

type Field = ListField<CertificateRequest>;

/** Every documented filter of the list of processes, within an account. */
export function processFields(world: World, accountId: number): Readonly<Record<string, Field>> {
  const ids = [...world.context.catalogue.all().map((product) => product.id), IMPORTED];
  const codes = ids.map((id) => [world.products.codeOf(id), id] as const);
  return {
    id: numberField('id'),
    status: choiceField('state', reversed(PROCESS_STATUS)),
    statusDetail: textField('detail'),
    detailStatus: { sort: null, filter: (condition) => detailStatus(world, accountId, condition) },
    createdDate: dateField('createdAt'),
    updatedDate: dateField('updatedAt'),
    startedDate: dateField('startedAt'),
    type: constantField(PROCESS_TYPE),
    identifier: textField('commonName'),
    user: textField('requestedBy'),
    action: choiceField('kind', reversed(PROCESS_ACTION)),
    billableAction: chargeField(world, accountId, (charge) => charge.billables.map(({ action }) => ACTION_OF[action])),
    billableProduct: choiceField('product', codes),
    billableProvider: constantField(BRAND),
    billableQuantity: chargeField(world, accountId, (charge) => charge.billables.map(({ quantity }) => quantity)),
  };
}

function reversed(table: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(table).map(([core, vendor]) => [vendor, core] as const);
}

const ATTENTION = 'SSL_REQUIRES_ATTENTION';

/** Requests with a validation that needs a person. */
async function detailStatus(
  world: World,
  accountId: number,
  condition: Condition,
): Promise<Groups<CertificateRequest>> {
  const open = await world.context.store.find('validations', { accountId, state: 'attention' }, { limit: MOST_IDS });
  const ids = [...new Set(open.flatMap((validation) => (validation.requestId === null ? [] : [validation.requestId])))];
  const state: Filter<CertificateRequest> = { field: 'state', op: 'in', value: ['waiting', 'issuing'] };
  if (matches(ATTENTION, condition)) return [[{ field: 'id', op: 'in', value: ids }], [state]];
  return matches(null, condition) || isNegative(condition.matcher)
    ? [[{ field: 'id', op: 'not-in', value: ids }]]
    : [[]];
}

/** As many ids as one condition may name. */
const MOST_IDS = 10_000;
const BATCH = 1_000;

/** A field of the lines of the bill: read from the account's charges, as no index knows them. */
function chargeField(world: World, accountId: number, valuesOf: (charge: Charge) => (string | number)[]): Field {
  return {
    sort: null,
    filter: async (condition) => {
      const fits = (charge: Charge): boolean => valuesOf(charge).some((value) => matches(value, condition));
      const ids = await requestsWithCharge(world, accountId, condition.matcher === 'null' ? () => true : fits);
      return [[{ field: 'id', op: condition.matcher === 'null' ? 'not-in' : 'in', value: ids }]];
    },
  };
}

async function requestsWithCharge(
  world: World,
  accountId: number,
  fits: (charge: Charge) => boolean,
): Promise<number[]> {
  const ids: number[] = [];
  const order = [{ field: 'id' as const, descending: false }];
  for (let after = 0; ; ) {
    const filters: Filter<Charge>[] = [{ field: 'id', op: 'gt', value: after }];
    const { records } = await world.context.store.list('charges', {
      accountId,
      filters,
      order,
      limit: BATCH,
      offset: 0,
      count: false,
    });
    for (const charge of records) if (fits(charge)) ids.push(charge.requestId);
    if (ids.length > MOST_IDS) {
      throw new DeskError(
        'malformed-message',
        `This filter finds more than ${MOST_IDS} processes; filter by date or action instead`,
      );
    }
    const last = records.at(-1);
    if (last === undefined || records.length < BATCH) return ids;
    after = last.id;
  }
}
