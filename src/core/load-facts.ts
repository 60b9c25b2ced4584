import type { Engine } from './parts.ts';
import type { Facts } from './facts.ts';
import { isKeyKeptHere } from './kept-keys.ts';
import type { Certificate, CertificateRequest, Issuance } from './records.ts';
import type { Reader } from './store.ts';

/** Reads everything about one request; null where there is none. */
export async function loadFacts(
  engine: Pick<Engine, 'catalogue' | 'pki' | 'issuers' | 'keptKeysOutside'>,
  reader: Reader,
  requestId: number,
): Promise<Facts | null> {
  const request = await reader.get('requests', requestId);
  if (request === null) return null;
  const order = request.orderId === null ? null : await reader.get('orders', request.orderId);
  const [certificate] = await reader.find('certificates', { requestId });
  const [charge] = await reader.find('charges', { requestId });
  const target = request.certificateId === null ? null : await reader.get('certificates', request.certificateId);
  const product = engine.catalogue.get(request.product) ?? null;
  const organizationId = order?.organizationId ?? null;
  const organization = organizationId === null ? null : await reader.get('organizations', organizationId);
  return {
    request,
    order,
    product,
    validations: await reader.find('validations', { requestId }),
    caa: await reader.find('caaAnswers', { name: request.names }),
    organization,
    charge: charge ?? null,
    issuance: await openIssuance(reader, requestId),
    certificate: certificate ?? null,
    target,
    others: await othersOf(reader, request),
    endsOrder: await endsOrder(reader, request),
    approval: await reader.get('approvals', requestId),
    ...keyOf(engine, request),
    keyKeptHere: await isKeyKeptHere(engine, reader, product, request.spkiHash),
  };
}

/** A revocation that names no certificate is for all of its order that can still be revoked. */
export async function othersOf(
  reader: Reader,
  request: Pick<CertificateRequest, 'kind' | 'certificateId' | 'orderId' | 'state'>,
): Promise<Certificate[]> {
  if (request.kind !== 'revoke' || request.certificateId !== null || request.orderId === null) return [];
  return reader.find('certificates', { orderId: request.orderId, state: ['active', 'reissued', 'renewed'] });
}

/** An order ends where it is revoked as a whole; some accounts let it end with its last certificate as well. */
export async function endsOrder(
  reader: Reader,
  request: Pick<CertificateRequest, 'kind' | 'accountId' | 'certificateId' | 'orderId'>,
): Promise<boolean> {
  if (request.kind !== 'revoke' || request.orderId === null) return false;
  if (request.certificateId === null) return true;
  const account = await reader.get('accounts', request.accountId);
  if (account?.settings.revokingEndsOrder !== true) return false;
  const alive = await reader.find('certificates', { orderId: request.orderId, state: 'active' });
  return alive.every((one) => one.id === request.certificateId);
}

async function openIssuance(reader: Reader, requestId: number): Promise<Issuance | null> {
  const [issuance] = await reader.find('issuances', { requestId, state: ['prepared', 'signed'] });
  return issuance ?? null;
}

function keyOf(engine: Pick<Engine, 'pki'>, request: CertificateRequest): Pick<Facts, 'spki' | 'mustStaple'> {
  if (request.csr === null || request.kind === 'revoke' || request.kind === 'import')
    return { spki: null, mustStaple: false };
  const { spki, mustStaple } = engine.pki.readKeptCsr(request.csr);
  return { spki, mustStaple };
}
