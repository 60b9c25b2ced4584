import { type Client, type Reply, someCsr } from './client.ts';

/** Bodies with which each call would do something if it were let, so that only whose a thing is can stand in the way. */
const BODIES: Readonly<Record<string, unknown>> = {
  status: { status: 'canceled', note: 'no' },
  reissue: { certificate: { csr: someCsr(), common_name: 'x.test' }, skip_approval: true },
  duplicate: { certificate: { csr: someCsr(), common_name: 'x.test' }, skip_approval: true },
  revoke: { skip_approval: true },
  csr: { csr: someCsr() },
  note: { text: 'x' },
  'additional-emails': { additional_emails: ['x@evil.test'] },
  'auto-reissue': { auto_reissue: 1 },
  'auto-renew': { auto_renew: 1 },
  'custom-field': { metadata_id: 1, value: 'x' },
  'dcv-method': { dcv_method: 'dns-txt-token' },
  'guest-access': { enable_guest_access: 1 },
  children: { name: 'Below' },
  method: { dcv_method: 'dns-txt-token' },
  validation: { validations: [{ type: 'ov' }] },
  ':userId': { first_name: 'Eve', name: 'key' },
  ':keyId': { name: 'mine' },
  ':organizationId': { telephone: '1' },
  ':containerId': { name: 'Mine' },
};

function bodyFor(path: string): unknown {
  if (path === '/request/:requestId/status') return { status: 'approved' };
  if (path === '/key/:keyId/status') return { status: 'revoked' };
  return BODIES[path.split('/').at(-1) ?? ''] ?? {};
}

const REST = { format: 'pem_all', platformId: 29, status: 'disable' };

/** Makes the call of an endpoint with these ids for the parameters of its path, and a body that would do something. */
export function callWith(
  client: Client,
  { method, path }: { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string },
  ids: Readonly<Record<string, number | string>>,
): Promise<Reply> {
  const values: Readonly<Record<string, number | string>> = { ...REST, ...ids };
  const named = path.replaceAll(/:(\w+)/g, (_, name: string) => String(values[name] ?? 1));
  const deeds = { POST: client.post, PUT: client.put, DELETE: client.delete };
  return method === 'GET' ? client.get(named) : deeds[method](named, bodyFor(path));
}
