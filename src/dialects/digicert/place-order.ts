import type { Actor, CertificateAsk, NewOrderAsk, Outcome } from '../../core/desk.ts';
import { baseOf } from '../../core/names.ts';
import type { AccountSettings, Person } from '../../core/records.ts';
import { seesContainer, seesOrderOf } from '../../core/scope.ts';
import { addMonths, DAY } from '../../core/time.ts';
import { chooserOf, DEFAULT_DCV_METHOD, newOrderDcv, type OrderDcv } from './challenges.ts';
import { readCertificate, type AskedCertificate } from './certificate-ask.ts';
import { orderContacts, spokesperson } from './contacts.ts';
import { accept } from './endpoint.ts';
import { invalidParameter, missingParameter, unknownObject } from './errors.ts';
import { keepDomains } from './keep-domains.ts';
import { orderBody, type OrderBody } from './order-body.ts';
import { readDetails } from './order-details.ts';
import { readOrganization } from './order-organization.ts';
import { domainValues } from './order-validations.ts';
import { placedAnswer, placed } from './placed-answer.ts';
import type { VendorProduct } from './products.ts';
import { HINTED, hintedProduct } from './type-hint.ts';
import { readCertValidity, readTerm } from './validity.ts';
import { DIALECT, type World } from './world.ts';
import { certificatesByThumbprint, ownOrder } from './order-records.ts';

export const placeOrder = accept({
  method: 'POST',
  path: '/order/certificate/:product',
  summary: 'Order a certificate, or renew an order; `ssl` chooses the product by product.type_hint',
  body: orderBody,
  answers: { 201: placed },
  async handle(world, { actor, params, body }) {
    const name = params['product'] ?? '';
    const product = name === HINTED ? hintedProduct(world, body) : world.products.find(name);
    const settings = await settingsOf(world, actor);
    const renewed = await renewedOrder(world, actor, body);
    if (renewed !== null) await refuseEarlyRenewal(world, actor, renewed, body);
    const ask = await readAsk(world, actor, settings, product, body);
    const { desk } = world.context;
    const outcome: Outcome =
      renewed === null ? await desk.placeOrder(actor, ask) : await desk.renewOrder(actor, renewed, ask);
    const isNew = ask.newOrganization !== undefined;
    const withDomains = product.product.level !== 'DV';
    if (withDomains) await keepDomains(world, actor, outcome);
    return placedAnswer(world, outcome, { withDomains, withOrganization: isNew });
  },
});

/** Renewals begin 90 days before the order ends (knowledge base, automatic renewal). */
const RENEWAL_WINDOW = 90 * DAY;

/** @throws VendorError `invalid_value:renewal_of_order_id` where the order goes on for longer; `not_found|order` */
async function refuseEarlyRenewal(world: World, actor: Actor, orderId: number, body: OrderBody): Promise<void> {
  const { endsAt } = await ownOrder(world, actor, orderId);
  if (endsAt === null || endsAt - world.context.clock.now() <= RENEWAL_WINDOW) return;
  const parameter = body.renewal_of_order_id === undefined ? 'renewed_thumbprint' : 'renewal_of_order_id';
  throw invalidParameter(parameter, 'The order ends in more than 90 days; reissue it, or renew it later');
}

/** How the actor's account works. */
export async function settingsOf(world: World, actor: Actor): Promise<AccountSettings> {
  const account = await world.context.store.get('accounts', actor.accountId);
  if (account === null) throw unknownObject('account');
  return account.settings;
}

/** Everything that the body says, before anything is placed. */
async function readAsk(
  world: World,
  actor: Actor,
  settings: AccountSettings,
  product: VendorProduct,
  body: OrderBody,
): Promise<NewOrderAsk> {
  const { clock, random, rules } = world.context;
  const now = clock.now();
  const term = readTerm(body, settings.multiYear, now);
  const orderEndsAt = term.endsAt ?? addMonths(now, term.periodMonths);
  const life = readCertValidity(body.certificate.cert_validity, {
    now,
    rules,
    orderEndsAt,
    multiYear: settings.multiYear,
  });
  const certificate = await readCertificate(world, body.certificate, settings, product.product);
  const organization = await readOrganization(world, actor, product, body);
  const contacts = orderContacts(body, organization.named, organization.known);
  const method = body.dcv_method ?? DEFAULT_DCV_METHOD;
  const dcv = newOrderDcv(method, random, now, body.certificate_dcv_scope ?? null);
  const details = await readDetails(world, actor, settings, body, {
    term,
    dcv,
    contacts,
  });
  const { level } = product.product;
  return {
    product: product.product.id,
    periodMonths: term.periodMonths,
    endsAt: term.endsAt,
    details,
    containerId: body.container?.id ?? divisionFor(actor, organization.containerId),
    dialect: DIALECT,
    csr: certificate.csr,
    commonName: certificate.commonName,
    otherNames: certificate.otherNames,
    subject: organization.subject,
    ...(organization.id === null ? {} : { organizationId: organization.id }),
    ...(organization.brought === null ? {} : { newOrganization: organization.brought }),
    contact: await contactFor(world, actor, level === 'EV', spokesperson(contacts)),
    language: body.locale ?? null,
    chooseValidation: await chooser(world, actor, settings, certificate, dcv, body),
    validateNow: false,
    validity: life.validity,
    wishes: certificate.wishes,
    // The vendor has DV proved for each order (knowledge base, domain validation requirements).
    proveAgain: level === 'DV',
    approval: { skip: body.skip_approval ?? false, comments: body.comments ?? null },
    extra: { ...certificate.extra, ...(life.members === null ? {} : { certValidity: life.members }) },
  };
}

/** Somebody of one division orders in it, also for an organization that all share. */
function divisionFor(actor: Actor, containerId: number | null): number | null {
  return seesContainer(actor, { containerId }) ? containerId : (actor.scope?.containerIds?.[0] ?? null);
}

/** The agreement of an EV order is mailed to somebody: where no contact is named, to who orders. */
async function contactFor(world: World, actor: Actor, needed: boolean, named: Person | null): Promise<Person | null> {
  if (named !== null || !needed) return named;
  const user = actor.userId === null ? null : await world.context.store.get('users', actor.userId);
  if (user === null) throw missingParameter('organization_contact');
  const { firstName, lastName, email, phone } = user;
  return { firstName, lastName, email, phone: phone ?? '' };
}

/** How each domain is proved that is not proved yet. */
async function chooser(
  world: World,
  actor: Actor,
  settings: AccountSettings,
  { commonName, otherNames }: AskedCertificate,
  dcv: OrderDcv,
  body: Pick<OrderBody, 'dcv_emails'>,
): Promise<CertificateAsk['chooseValidation']> {
  const { names } = world.context;
  const domains = [commonName, ...otherNames].map(baseOf);
  const ofAccount = settings.domainScope === 'name' ? 'fqdn' : 'base_domain';
  return chooserOf({
    ...dcv,
    scope: dcv.scope ?? ofAccount,
    names,
    emails: readEmails(world, body.dcv_emails ?? []),
    domainValues: await domainValues(world, actor, domains),
  });
}

/** `dcv_emails` by domain. */
function readEmails(world: World, entries: NonNullable<OrderBody['dcv_emails']>) {
  const byDomain = new Map<string, { emailDomain?: string; emails: string[] }>();
  entries.forEach(({ dns_name: name, email_domain: emailDomain, email }, index) => {
    const domain = baseOf(world.context.names.normalise(name, `dcv_emails[${index}].dns_name`));
    const { emails = [] } = byDomain.get(domain) ?? {};
    byDomain.set(domain, { ...(emailDomain === undefined ? {} : { emailDomain }), emails: [...emails, email] });
  });
  return byDomain;
}

/**
 * The order that is renewed, by its id or by the thumbprint of its certificate; null where nothing is.
 * @throws VendorError `not_found|order`, `invalid_value:renewed_thumbprint`
 */
async function renewedOrder(world: World, actor: Actor, body: OrderBody): Promise<number | null> {
  const { renewal_of_order_id: id, renewed_thumbprint: thumbprint } = body;
  if (thumbprint === undefined) return id ?? null;
  const sha1 = thumbprint.replaceAll(/[\s:]/g, '').toUpperCase();
  const { store } = world.context;
  const [certificate] = await certificatesByThumbprint(world, actor.accountId, sha1);
  const seen = certificate !== undefined && (await seesOrderOf(store, actor, certificate));
  const orderId = seen ? certificate.orderId : null;
  if (orderId === null) throw invalidParameter('renewed_thumbprint', 'No order has a certificate of this thumbprint');
  if (id !== undefined && id !== orderId) {
    throw invalidParameter('renewed_thumbprint', 'It is not of the order that renewal_of_order_id names');
  }
  return orderId;
}
