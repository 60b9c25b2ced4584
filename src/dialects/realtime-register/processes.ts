import type { CertificateRequest, Charge } from '../../core/records.ts';
import { isFinal } from '../../core/states.ts';
import { toPem } from '../../pki/pem.ts';
import * as answers from './answers.ts';
import { accept, idOf, read } from './endpoint.ts';
import { ownRequest, readParts, renderInfoProcess } from './info-process.ts';
import { LIST_PARAMETERS } from './list-query.ts';
import { listAnswer } from './lists.ts';
import { PROCESS_ACTION, PROCESS_STATUS, PROCESS_TYPE, processFields } from './process-fields.ts';
import { pick, readFields } from './query.ts';
import { renderBillable } from './quotes.ts';
import { emptyBody } from './schemas.ts';
import { formatTimestamp } from './timestamps.ts';
import type { World } from './world.ts';

export const getProcess = read({
  path: '/v2/processes/:processId',
  summary: 'Get a process',
  query: { fields: 'Members wanted, as a comma list or repeated' },
  answers: { 200: answers.process },
  async handle(world, call) {
    const request = await ownRequest(world, call.actor, idOf(call, 'processId', 'Process'));
    const wanted = readFields(call.query);
    const [entity = {}] = await renderProcesses(world, call.actor.handle, [request], wanted);
    return { status: 200, json: pick(entity, wanted, 'id') };
  },
});

export const listProcesses = read({
  path: '/v2/processes',
  summary: 'List processes',
  query: LIST_PARAMETERS,
  answers: { 200: answers.page(answers.process) },
  async handle(world, { actor, query }) {
    const listing = {
      kind: 'requests' as const,
      fields: processFields(world, actor.accountId),
      render: (records: readonly CertificateRequest[], wanted: ReadonlySet<string> | null) =>
        renderProcesses(world, actor.handle, records, wanted),
    };
    return listAnswer(world, actor.accountId, listing, query);
  },
});

export const getProcessInfo = read({
  path: '/v2/processes/:processId/info',
  summary: 'Get what a process waits for',
  answers: { 200: answers.infoProcess },
  async handle(world, call) {
    const request = await ownRequest(world, call.actor, idOf(call, 'processId', 'Process'));
    const certificateId = request.extra['authKey'] === true ? await certificateOf(world, request) : null;
    return { status: 200, json: renderInfoProcess(world, await readParts(world, request, certificateId)) };
  },
});

export const cancelProcess = accept({
  method: 'DELETE',
  path: '/v2/processes/:processId',
  summary: 'Cancel a process whose resumeTypes hold CANCEL',
  body: emptyBody,
  answers: { 200: null },
  async handle(world, call) {
    const id = idOf(call, 'processId', 'Process');
    await world.context.desk.cancel(call.actor, id);
    return { status: 200, processId: id };
  },
});

async function certificateOf(world: World, request: CertificateRequest): Promise<number | null> {
  const [certificate] = await world.context.store.find('certificates', { requestId: request.id }, { limit: 1 });
  return certificate?.id ?? null;
}

const CHARGE_MEMBERS = ['reservation', 'transaction', 'billables'];

async function renderProcesses(
  world: World,
  handle: string,
  requests: readonly CertificateRequest[],
  wanted: ReadonlySet<string> | null,
): Promise<object[]> {
  const withCharges = wanted === null || CHARGE_MEMBERS.some((name) => wanted.has(name));
  const charges = withCharges ? await chargesOf(world, requests) : new Map<number, Charge>();
  return requests.map((request) => renderProcess(world, handle, request, charges.get(request.id)));
}

async function chargesOf(world: World, requests: readonly CertificateRequest[]): Promise<Map<number, Charge>> {
  if (requests.length === 0) return new Map();
  const charges = await world.context.store.find('charges', { requestId: requests.map((request) => request.id) });
  return new Map(charges.map((charge) => [charge.requestId, charge]));
}

function renderProcess(world: World, handle: string, request: CertificateRequest, charge: Charge | undefined) {
  const open = !isFinal('request', request.state);
  return {
    id: request.id,
    user: request.requestedBy,
    customer: handle,
    status: PROCESS_STATUS[request.state],
    ...(request.detail === null || request.detail === '' ? {} : { statusDetail: request.detail }),
    ...(open ? { resumeTypes: resumeTypesOf(request) } : {}),
    createdDate: formatTimestamp(request.createdAt),
    updatedDate: formatTimestamp(request.updatedAt),
    ...(request.startedAt === null ? {} : { startedDate: formatTimestamp(request.startedAt) }),
    type: PROCESS_TYPE,
    identifier: request.commonName,
    action: PROCESS_ACTION[request.kind],
    ...(charge?.state === 'reserved' ? { reservation: { [charge.currency]: charge.amount } } : {}),
    ...(charge?.state === 'captured' ? { transaction: { [charge.currency]: charge.amount } } : {}),
    command: commandOf(request),
    ...(charge === undefined ? {} : { billables: charge.billables.map((billable) => renderBillable(world, billable)) }),
    ...(request.state === 'failed' ? { error: { type: 'ProcessError', message: request.detail ?? 'Failed' } } : {}),
  };
}

/** What lets a process go on: the issuer or the time, or the caller, while it still waits. */
function resumeTypesOf(request: CertificateRequest): string[] {
  if (request.state !== 'waiting') return ['PROVIDER', 'TIMER'];
  return request.kind === 'revoke' ? ['PROVIDER', 'TIMER', 'CANCEL'] : ['PROVIDER', 'TIMER', 'RESEND', 'CANCEL'];
}

/** The call as it came in. The CSR is kept once, with the request, and put back here. */
function commandOf(request: CertificateRequest): Record<string, unknown> {
  const kept = request.extra['command'];
  const command = typeof kept === 'object' && kept !== null ? { ...(kept as Record<string, unknown>) } : {};
  if (request.csr !== null) command['csr'] = toPem('CERTIFICATE REQUEST', request.csr);
  return command;
}
