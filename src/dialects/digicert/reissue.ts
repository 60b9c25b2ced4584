import { z } from 'zod';
import type { Actor, CertificateAsk } from '../../core/desk.ts';
import { baseOf } from '../../core/names.ts';
import type { Product } from '../../core/products.ts';
import type { AccountSettings, Subject } from '../../core/records.ts';
import { certificateExtra } from './carried.ts';
import { readCertificate, type AskedCertificate } from './certificate-ask.ts';
import {
  chooserOf,
  currentValue,
  DCV_METHODS,
  orderDcvExtra,
  orderDcvOf,
  usesToken,
  type OrderDcv,
} from './challenges.ts';
import { accept, idOf, type Call } from './endpoint.ts';
import { VendorError } from './errors.ts';
import { flag, lines, text, word } from './fields.ts';
import { certificateBody, type CertificateBody } from './order-body.ts';
import { ownOrder, primaryOf, readOrder, type OrderRecords } from './order-records.ts';
import { domainValues } from './order-validations.ts';
import { settingsOf } from './place-order.ts';
import { placed, placedAnswer } from './placed-answer.ts';
import { PROFILE_OPTIONS } from './profile.ts';
import { readCertValidity } from './validity.ts';
import { DIALECT, type World } from './world.ts';

/** The names may be left out: those of the order's certificate are meant then. */
const againBody = z.object({
  certificate: certificateBody.extend({ common_name: text(300).optional() }),
  skip_approval: flag.optional(),
  dcv_method: word(DCV_METHODS).optional(),
  comments: lines(2_000).optional(),
});

type AgainBody = z.infer<typeof againBody>;

export const reissueOrder = accept({
  method: 'POST',
  path: '/order/certificate/:orderId/reissue',
  summary: 'Replace the certificate of an order by one with these names and this key',
  body: againBody,
  answers: { 201: placed },
  async handle(world, call) {
    const { records, settings } = await readTarget(world, call);
    const asked = await readCertificate(world, withName(call.body, records), settings, productOf(world, records));
    const dcv = dcvOf(world, records, call.body);
    const ask = await readAsk(world, call, records, settings, asked, dcv);
    const outcome = await world.context.desk.reissueOrder(call.actor, records.order.id, ask);
    await keepDcv(world, call.actor, records, dcv);
    return placedAnswer(world, outcome, { withDomains: false, withOrganization: false });
  },
});

export const duplicateOrder = accept({
  method: 'POST',
  path: '/order/certificate/:orderId/duplicate',
  summary: 'Get one more certificate of an order for its names, with another key',
  body: againBody,
  answers: { 201: placed },
  async handle(world, call) {
    const { records, settings } = await readTarget(world, call);
    const names = call.body.certificate.dns_names ?? primaryOf(records).certificate?.names;
    const body = withName(call.body, records);
    const named = names === undefined ? body : { ...body, dns_names: names };
    const asked = await readCertificate(world, withProfile(named, records), settings, productOf(world, records));
    const ask = await readAsk(world, call, records, settings, asked, dcvOf(world, records, call.body));
    // Of DV, too: a duplicate is issued at once or not at all.
    const again = { ...ask, proveAgain: false };
    const outcome = await world.context.desk.duplicate(call.actor, records.order.id, again);
    return placedAnswer(world, outcome, { withDomains: false, withOrganization: false });
  },
});

async function readTarget(world: World, call: Call) {
  const order = await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
  const records = await readOrder(world, order);
  if (order.state !== 'active') {
    throw new VendorError(400, 'invalid_status', 'The order has no certificate that could be reissued or duplicated.');
  }
  return { records, settings: await settingsOf(world, call.actor) };
}

function withName({ certificate }: AgainBody, records: OrderRecords) {
  return { ...certificate, common_name: certificate.common_name ?? records.order.commonName };
}

function productOf({ context }: World, { order }: OrderRecords): Product | null {
  return context.catalogue.get(order.product) ?? null;
}

/** A duplicate has the profile of the certificate that it repeats. */
function withProfile(body: CertificateBody, records: OrderRecords): CertificateBody {
  const { profileOption } = certificateExtra(primaryOf(records).request);
  const same = PROFILE_OPTIONS.find((option) => option === profileOption);
  return same === undefined ? body : { profile_option: same, ...body };
}

/** The order's method and value, unless the body names another method or the value is too old. */
function dcvOf(world: World, { details }: OrderRecords, { dcv_method: asked }: AgainBody): OrderDcv {
  const { random, clock } = world.context;
  const kept = orderDcvOf(details?.extra ?? {});
  const method = asked ?? kept.method;
  return { ...kept, method, value: usesToken(method) ? currentValue(kept.value, random, clock.now()) : kept.value };
}

/** What the order's next check is done with. Only once the request stands: a refused call leaves nothing behind. */
async function keepDcv(world: World, actor: Actor, { order, details }: OrderRecords, dcv: OrderDcv): Promise<void> {
  const kept = orderDcvOf(details?.extra ?? {});
  if (kept.method === dcv.method && kept.value?.value === dcv.value?.value) return;
  await world.context.desk.changeOrder(actor, order.id, ({ extra }) => ({
    extra: { ...extra, ...orderDcvExtra(dcv) },
  }));
}

/** The organization as it is vetted now; it may have changed since the certificate before. */
async function subjectNow(world: World, records: OrderRecords): Promise<Subject> {
  const { organizationId } = records.order;
  const organization = organizationId === null ? null : await world.context.store.get('organizations', organizationId);
  return organization?.subject ?? primaryOf(records).request.subject;
}

async function readAsk(
  world: World,
  { actor, body }: Call<AgainBody>,
  records: OrderRecords,
  settings: AccountSettings,
  asked: AskedCertificate,
  dcv: OrderDcv,
): Promise<CertificateAsk> {
  const { clock, names, rules, catalogue } = world.context;
  const { order } = records;
  const { request } = primaryOf(records);
  const now = clock.now();
  const life = readCertValidity(body.certificate.cert_validity, {
    now,
    rules,
    orderEndsAt: order.endsAt ?? now,
    multiYear: settings.multiYear,
  });
  const { csr, commonName, otherNames } = asked;
  const ofAccount = settings.domainScope === 'name' ? 'fqdn' : 'base_domain';
  return {
    dialect: DIALECT,
    csr,
    commonName,
    otherNames,
    subject: await subjectNow(world, records),
    organizationId: order.organizationId,
    contact: request.contact,
    language: request.language,
    chooseValidation: chooserOf({
      ...dcv,
      scope: dcv.scope ?? ofAccount,
      names,
      emails: new Map(),
      domainValues: await domainValues(world, actor, [commonName, ...otherNames].map(baseOf)),
    }),
    validateNow: false,
    validity: life.validity,
    wishes: asked.wishes,
    proveAgain: catalogue.get(order.product)?.level === 'DV',
    approval: { skip: body.skip_approval ?? false, comments: body.comments ?? null },
    extra: { ...asked.extra, ...(life.members === null ? {} : { certValidity: life.members }) },
  };
}
