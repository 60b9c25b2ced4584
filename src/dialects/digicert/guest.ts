import { z } from 'zod';
import type { Order } from '../../core/records.ts';
import { DAY } from '../../core/time.ts';
import { escapeText, formPage, formPageHeaders } from '../../http/form-pages.ts';
import { certificateFile, FORMATS, PEM_FILE, PKCS7_FILE, ZIP } from './certificate-files.ts';
import { issuedMembers, nameMembers } from './certificate-view.ts';
import { accept, act, idOf, show } from './endpoint.ts';
import { invalidParameter, unknownObject } from './errors.ts';
import { count, flag } from './fields.ts';
import * as answers from './order-answers.ts';
import { primaryOf, readOrder, type OrderRecords } from './order-records.ts';
import { orderStatus } from './order-status.ts';
import { chainOf, renderChain } from './pem.ts';
import { formatDate, formatTimestamp } from './times.ts';
import { BASE, type World } from './world.ts';

/** A link lives so many days, unless it is told. */
const LINK_DAYS = 30;
const MOST_DAYS = 366;

const HTML = 'text/html; charset=utf-8';

export const createGuestLink = accept({
  method: 'POST',
  path: '/order/certificate/:orderId/guest-access',
  summary: 'Make a link that shows this one order to who has it (an addition of this server)',
  body: z.object({ expires_in_days: count.optional() }),
  answers: { 201: answers.guestLink },
  async handle(world, call) {
    const days = call.body.expires_in_days ?? LINK_DAYS;
    if (days > MOST_DAYS) throw invalidParameter('expires_in_days', `It may be at most ${MOST_DAYS}`);
    const { desk, clock, publicUrl } = world.context;
    const expiresAt = clock.now() + days * DAY;
    const secret = await desk.createGuestLink(call.actor, idOf(call, 'orderId', 'order'), expiresAt);
    const url = `${publicUrl()}${BASE}/guest/order/${secret}`;
    return { status: 201, json: { url, expires_at: formatTimestamp(expiresAt) } };
  },
});

export const setGuestAccess = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/guest-access',
  summary: 'Let guests see the order, or not; while they may not, no link works (an addition of this server)',
  body: z.object({ enable_guest_access: flag }),
  answers: { 204: null },
  async handle(world, call) {
    const guestAccess = call.body.enable_guest_access;
    await world.context.desk.changeOrder(call.actor, idOf(call, 'orderId', 'order'), { guestAccess });
    return { status: 204 };
  },
});

export const disableGuestLinks = act({
  method: 'DELETE',
  path: '/order/certificate/:orderId/guest-access',
  summary: 'End every link to the order (an addition of this server)',
  answers: { 204: null },
  async handle(world, call) {
    await world.context.desk.disableGuestLinks(call.actor, idOf(call, 'orderId', 'order'));
    return { status: 204 };
  },
});

/** @throws VendorError `not_found|order` for a secret that is unknown, expired or disabled: it does not tell which. */
async function readGuest(world: World, secret: string): Promise<OrderRecords> {
  const order: Order | null = await world.context.desk.orderOfGuest(secret);
  if (order === null) throw unknownObject('order');
  return readOrder(world, order);
}

export const showGuestOrder = show({
  path: '/guest/order/:secret',
  summary: 'What a link of a guest shows, as a page or as JSON (an addition of this server)',
  answers: { 200: [answers.guestOrder, HTML] },
  async handle(world, { params, accept: accepted }) {
    const secret = params['secret'] ?? '';
    const records = await readGuest(world, secret);
    const order = await renderGuest(world, records);
    if (!accepted.includes('text/html')) return { status: 200, json: order };
    return { status: 200, content: { type: HTML, body: guestPage(order, secret), headers: formPageHeaders() } };
  },
});

export const downloadGuestOrder = show({
  path: '/guest/order/:secret/download/:format',
  summary: 'The certificate that a link of a guest shows (an addition of this server)',
  answers: { 200: [ZIP, PEM_FILE, PKCS7_FILE] },
  async handle(world, { params }) {
    const { certificate } = primaryOf(await readGuest(world, params['secret'] ?? ''));
    const format = FORMATS.find((known) => known === params['format']);
    if (certificate === null) throw unknownObject('certificate');
    if (format === undefined) throw invalidParameter('format', `It must be one of ${FORMATS.join(', ')}`);
    const [, ...chain] = await chainOf(world, certificate);
    return { status: 200, content: certificateFile(format, { certificate, chain }) };
  },
});

type GuestOrder = z.infer<typeof answers.guestOrder>;

/** Nothing of people, money or notes: a link wanders. */
async function renderGuest(world: World, records: OrderRecords): Promise<GuestOrder> {
  const { order, requests, organization } = records;
  const made = primaryOf(records);
  const { nameId, name } = world.products.of(order.product);
  const now = world.context.clock.now();
  const chain = made.certificate === null ? {} : { certificate_chain: await renderChain(world, made.certificate) };
  return {
    id: order.id,
    status: orderStatus(order, requests, now),
    date_created: formatTimestamp(order.createdAt),
    ...(order.endsAt === null ? {} : { order_valid_till: formatDate(order.endsAt) }),
    product: { name_id: nameId, name },
    ...(organization === null ? {} : { organization: { name: organization.name } }),
    certificate: { ...issuedMembers(made.certificate, now), ...nameMembers(made), ...chain },
  };
}

function guestPage(order: GuestOrder, secret: string): string {
  const { certificate } = order;
  const rows: (readonly [string, string | undefined])[] = [
    ['Status', order.status.replaceAll('_', ' ')],
    ['Product', order.product.name],
    ['Organization', order.organization?.name],
    ['Names', (certificate.dns_names ?? [certificate.common_name]).join(', ')],
    ['Ordered', order.date_created],
    ['Valid from', certificate.valid_from],
    ['Valid until', certificate.valid_till],
    ['Order runs until', order.order_valid_till],
    ['Serial number', certificate.serial_number],
    ['SHA-1 thumbprint', certificate.thumbprint],
  ];
  const shown = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`<dt>${label}</dt><dd>${escapeText(text)}</dd>`],
  );
  const here = `${BASE}/guest/order/${encodeURIComponent(secret)}/download`;
  const links = ['pem_noroot', 'pem_all', 'p7b', 'default'].map(
    (format) => `<a href="${here}/${format}">${format}</a>`,
  );
  const download = certificate.certificate_chain === undefined ? '' : `<p>Download: ${links.join(' · ')}</p>`;
  return formPage(`Order ${order.id}: ${certificate.common_name}`, `<dl>${shown.join('\n')}</dl>\n${download}`);
}
