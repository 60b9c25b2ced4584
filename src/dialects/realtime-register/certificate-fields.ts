import type { Certificate } from '../../core/records.ts';
import type { CertificateState } from '../../core/states.ts';
import type { Filter } from '../../core/store.ts';
import {
  always,
  choiceField,
  constantField,
  dateField,
  entriesField,
  matches,
  never,
  numberField,
  textField,
  type Groups,
  type ListField,
} from './list-fields.ts';
import type { Condition } from './list-query.ts';
import { CERTIFICATE_TYPES, VALIDATION_TYPES } from './products.ts';
import type { World } from './world.ts';

/** Product of certificates that were made elsewhere, as the heart names it. */
export const IMPORTED = 'imported';

export const STATUS_OF: Readonly<Record<CertificateState, string>> = {
  active: 'ACTIVE',
  expired: 'EXPIRED',
  revoked: 'REVOKED',
  reissued: 'REISSUED',
  renewed: 'RENEWED',
};

type Field = ListField<Certificate>;

/** Every documented filter of the list of certificates. All can be sorted by but `contact` and `san`. */
export function certificateFields(world: World): Readonly<Record<string, Field>> {
  const statuses = Object.entries(STATUS_OF).map(([core, vendor]) => [vendor, core] as const);
  const ids = [...world.context.catalogue.all().map((product) => product.id), IMPORTED];
  return {
    id: numberField('id'),
    process: numberField('requestId'),
    domainName: textField('commonName'),
    validationType: validationTypeField(world),
    certificateType: certificateTypeField(world),
    product: choiceField(
      'product',
      ids.map((id) => [world.products.codeOf(id), id] as const),
    ),
    organization: textField('organization'),
    department: textField('department'),
    providerId: numberField('orderId'),
    postalCode: textField('postalCode'),
    addressLine: textField('street'),
    city: textField('locality'),
    state: textField('province'),
    country: textField('country'),
    startDate: dateField('notBefore'),
    expiryDate: dateField('notAfter'),
    subscriptionEndDate: dateField('subscriptionEndsAt'),
    contact: constantField(null),
    coc: textField('registrationNumber'),
    san: entriesField('names'),
    status: choiceField('state', statuses),
    publicKeyAlgorithm: choiceField('keyAlgorithm', [
      ['RSA', 'RSA'],
      ['ECDSA', 'ECDSA'],
    ]),
    publicKeySize: numberField('keyBits'),
    fingerprint: textField('fingerprint'),
  };
}

/** Imported certificates count as OV where they name an organization, else as DV. */
function validationTypeField(world: World): Field {
  const bare: Filter<Certificate> = { field: 'organization', op: 'null' };
  const named: Filter<Certificate> = { field: 'organization', op: 'not-null' };
  return typeField(world, (product) => VALIDATION_TYPES[product.level], [
    [VALIDATION_TYPES.DV, bare],
    [VALIDATION_TYPES.OV, named],
  ]);
}

/** Imported certificates count as wildcards where their common name is one, else as single-domain. */
function certificateTypeField(world: World): Field {
  const wildcard: Filter<Certificate> = { field: 'commonName', op: 'like', value: '*.%' };
  const plain: Filter<Certificate> = { field: 'commonName', op: 'not-like', value: '*.%' };
  return typeField(world, (product) => CERTIFICATE_TYPES[product.names], [
    [CERTIFICATE_TYPES.wildcard, wildcard],
    [CERTIFICATE_TYPES.single, plain],
  ]);
}

type Products = ReturnType<World['context']['catalogue']['all']>;

/** A type that follows from the product, and on imports from what two opposite filters see. */
function typeField(
  world: World,
  typeOf: (product: Products[number]) => string,
  imports: readonly [readonly [string, Filter<Certificate>], readonly [string, Filter<Certificate>]],
): Field {
  return {
    sort: 'product',
    filter: (condition: Condition): Groups<Certificate> => {
      const products = world.context.catalogue.all();
      const fitting = products.filter((product) => matches(typeOf(product), condition)).map((product) => product.id);
      const fittingImports = imports.filter(([type]) => matches(type, condition));
      const [only] = fittingImports;
      if (only === undefined)
        return fitting.length === 0 ? never() : [[{ field: 'product', op: 'in', value: fitting }]];
      if (fitting.length === products.length && fittingImports.length === 2) return always();
      const group: Groups<Certificate> = [[{ field: 'product', op: 'in', value: [...fitting, IMPORTED] }]];
      if (fittingImports.length === 2) return group;
      return [...group, [{ field: 'product', op: 'ne', value: IMPORTED }, only[1]]];
    },
  };
}
