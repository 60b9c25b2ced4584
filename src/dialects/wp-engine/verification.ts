import { DeskError, notFound } from '../../core/errors.ts';
import type { Hostname, Website } from '../../core/records.ts';
import * as answers from './answers.ts';
import { isOpen, stateOf } from './domain-state.ts';
import { domainStatusView } from './domain-status-view.ts';
import { verificationView } from './domains-view.ts';
import { act, type Call, type Endpoint, read } from './endpoint.ts';
import { ApiError } from './errors.ts';
import { domainOf, installOf } from './records.ts';
import type { World } from './world.ts';

const TOO_OFTEN = 'Domain status checks are rate-limited to one request every 5 seconds for each install';

export const VERIFICATION: readonly Endpoint[] = [
  act({
    method: 'POST',
    path: '/installs/:install_id/domains/:domain_id/verification',
    summary: 'Looks for the TXT record that proves a domain',
    answers: { 200: answers.verification },
    handle: async (world, call) => {
      const { domain } = await domainOf(world, call);
      await lookForProof(world, call, domain);
      const [after] = await world.store.find('hostnames', { id: domain.id });
      return { status: 200, json: verificationView(await stateOf(world, after ?? domain)) };
    },
  }),
  act({
    method: 'POST',
    path: '/installs/:install_id/domains/:domain_id/check_status',
    summary: 'Asks for a report of what is published for a domain',
    answers: { 202: answers.reportId },
    handle: async (world, call) => {
      const { install, domain } = await domainOf(world, call);
      const wait = world.takeStatusCheck(install.id);
      if (wait > 0) throw new DeskError('too-many-requests', TOO_OFTEN, { field: 'install', retryAfter: wait });
      const id = newReportId(world);
      const report = { id, result: null };
      await world.hosting.changeHostname(call.actor, domain.id, { extra: (kept) => ({ ...kept, report }) });
      return { status: 202, json: { report_id: id } };
    },
  }),
  read({
    path: '/installs/:install_id/domains/check_status/:report_id',
    summary: 'A report of what is published for a domain; the lookups are made when it is first asked for',
    answers: { 200: answers.report },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      const id = call.params['report_id'] ?? '';
      const domains = await world.store.find('hostnames', { websiteId: install.id });
      const domain = domains.find((one) => reportOf(one)?.id === id);
      if (domain === undefined) throw notFound(`Report ${id}`);
      const status = reportOf(domain)?.result ?? (await lookAndKeep(world, call, install, domain, id));
      const head = { complete: true, id, install_name: install.name, install_ip: '', admin: false };
      return { status: 200, json: { report: { ...head, domains: [status] } } };
    },
  }),
];

/** The record that an open order waits for counts as well: the order goes on at once. */
async function lookForProof(world: World, { actor }: Call, domain: Hostname): Promise<void> {
  const { request, validations } = await stateOf(world, domain);
  const waits = isOpen(request) && validations.some(({ method }) => method === 'dns');
  try {
    await world.hosting.verifyHostname(actor, domain.id);
    if (waits) await world.desk.checkNow(actor, request.id, new Map());
  } catch (error) {
    if (!(error instanceof DeskError) || error.kind !== 'validation-failed') throw error;
    const open = waits ? await world.desk.checkNow(actor, request.id, new Map()) : null;
    if (open === null || open.length > 0) throw new ApiError(400, `TXT record not found. ${error.message}`);
  }
}

interface Report {
  id: string;
  /** Null until somebody asks for it. */
  result: Record<string, unknown> | null;
}

function reportOf({ extra }: Hostname): Report | null {
  return (extra['report'] as Report | undefined) ?? null;
}

async function lookAndKeep(world: World, { actor }: Call, install: Website, domain: Hostname, id: string) {
  const result = domainStatusView(install, domain, await world.lookAt(domain.name));
  await world.hosting.changeHostname(actor, domain.id, {
    extra: (kept) => ((kept['report'] as Report | undefined)?.id === id ? { ...kept, report: { id, result } } : kept),
  });
  return result;
}

function newReportId({ random }: World): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
