import type { z } from 'zod';
import type { Certificate, CertificateRequest, Charge, User } from '../../core/records.ts';
import { certificateExtra } from './carried.ts';
import {
  certificateStatus,
  csrMember,
  issuedMembers,
  issuingCertificate,
  nameMembers,
  type Made,
} from './certificate-view.ts';
import { subIdOf } from './certificates.ts';
import { idOf, read, type Call } from './endpoint.ts';
import { readFlag } from './list-query.ts';
import * as answers from './order-answers.ts';
import { ownOrder, readOrder, requestsOfKind, type OrderRecords } from './order-records.ts';
import { requestStatus } from './order-status.ts';
import { serverPlatform } from './server-platforms.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

const QUERY = { show_archived: 'Whether to show archived certificates as well' };

export const listReissues = read({
  path: '/order/certificate/:orderId/reissue',
  summary: 'List the reissues of an order, also those that wait or were refused',
  query: QUERY,
  answers: { 200: answers.reissueList },
  async handle(world, call) {
    const { records, made, users } = await readMade(world, call, 'reissue');
    const certificates = made.map((one) => ({
      ...sharedMembers(world, one, users),
      archived: isArchived(one.certificate) ? (1 as const) : (0 as const),
      ...purchaseMembers(records.charges.find(({ requestId }) => requestId === one.request.id)),
    }));
    const json: z.infer<typeof answers.reissueList> = { certificates };
    return { status: 200, json };
  },
});

export const listDuplicates = read({
  path: '/order/certificate/:orderId/duplicate',
  summary: 'List the duplicates of an order, also those that wait or were refused',
  query: QUERY,
  answers: { 200: answers.duplicateList },
  async handle(world, call) {
    const { records, made, users } = await readMade(world, call, 'duplicate');
    const all = requestsOfKind(records, 'duplicate');
    const certificates = made.map(async (one) => {
      const { request, certificate } = one;
      const extra = certificateExtra(request);
      const issuing = certificate === null ? null : await issuingCertificate(world, certificate);
      return {
        ...sharedMembers(world, one, users),
        server_platform: serverPlatform(extra.serverPlatform),
        signature_hash: extra.signatureHash,
        ...(issuing === null ? {} : { ca_cert_id: issuing.id }),
        sub_id: subIdOf(all.indexOf(request)),
        archived: isArchived(certificate) ? ('1' as const) : ('0' as const),
      };
    });
    const json: z.infer<typeof answers.duplicateList> = { certificates: await Promise.all(certificates) };
    return { status: 200, json };
  },
});

function isArchived(certificate: Certificate | null): boolean {
  return certificate !== null && certificate.archivedAt !== null;
}

type Kind = 'reissue' | 'duplicate';

async function readMade(world: World, call: Call, kind: Kind) {
  const withArchived = readFlag(call.query, 'show_archived');
  const order = await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
  const records = await readOrder(world, order);
  const certificates = new Map(records.certificates.map((certificate) => [certificate.requestId, certificate]));
  const made = requestsOfKind(records, kind)
    .map((request): Made => ({ request, certificate: certificates.get(request.id) ?? null }))
    .filter(({ certificate }) => withArchived || !isArchived(certificate));
  return { records, made, users: await requesters(world, records, made) };
}

/** Who asked for each of them, where that was a user of the account. */
async function requesters(world: World, { order, approvals }: OrderRecords, made: readonly Made[]) {
  const { store } = world.context;
  const { accountId } = order;
  const named = made.map(({ request }) => request.requestedBy.slice(request.requestedBy.indexOf('/') + 1));
  const byName = await store.find('users', { accountId, userName: [...new Set(named)] });
  const ids = made.flatMap(({ request }) => approvals.get(request.id)?.requesterId ?? []);
  const byId = await store.find('users', { accountId, id: [...new Set(ids)] });
  const users = new Map<number, User>();
  for (const [index, { request }] of made.entries()) {
    const id = approvals.get(request.id)?.requesterId;
    const user = byId.find((one) => one.id === id) ?? byName.find((one) => one.userName === named[index]);
    if (user !== undefined) users.set(request.id, user);
  }
  return users;
}

function sharedMembers(world: World, made: Made, users: ReadonlyMap<number, User>) {
  const { request, certificate } = made;
  const now = world.context.clock.now();
  return {
    id: request.id,
    ...issuedMembers(certificate, now),
    ...nameMembers(made),
    status: certificate === null ? requestStatus(request) : certificateStatus(certificate, now),
    date_created: formatTimestamp(request.createdAt),
    ...(certificate === null ? {} : { date_issued: formatTimestamp(certificate.createdAt) }),
    ...csrMember(request),
    ...(certificate === null ? {} : { key_size: certificate.keyBits }),
    ...requesterMembers(request, users),
  };
}

function requesterMembers({ id }: CertificateRequest, users: ReadonlyMap<number, User>) {
  const user = users.get(id);
  if (user === undefined) return {};
  return { user_id: user.id, email: user.email, firstname: user.firstName, lastname: user.lastName };
}

/** What names were bought with a reissue, as text. */
function purchaseMembers(charge: Charge | undefined) {
  if (charge === undefined) return {};
  const bought = (action: 'extra-domain' | 'extra-wildcard'): string =>
    String(charge.billables.reduce((sum, line) => (line.action === action ? sum + line.quantity : sum), 0));
  return {
    receipt_id: String(charge.id),
    purchased_dns_names: bought('extra-domain'),
    purchased_wildcard_names: bought('extra-wildcard'),
  };
}
