import { covers } from '../../core/facts.ts';
import { notFound } from '../../core/errors.ts';
import type { Actor } from '../../core/desk.ts';
import { isFinal, type ValidationState } from '../../core/states.ts';
import type {
  CaaAnswer,
  CaaStatus,
  CertificateRequest,
  CheckState,
  Method,
  Note,
  Validation,
} from '../../core/records.ts';
import { formatTimestamp } from './timestamps.ts';
import type { World } from './world.ts';

type Status = 'WAITING' | 'ATTENTION' | 'VALIDATED';

const STATUS_OF_VALIDATION: Readonly<Record<ValidationState, Status>> = {
  waiting: 'WAITING',
  attention: 'ATTENTION',
  valid: 'VALIDATED',
  cancelled: 'WAITING',
};

const STATUS_OF_CHECK: Readonly<Record<CheckState, Status>> = {
  waiting: 'WAITING',
  attention: 'ATTENTION',
  passed: 'VALIDATED',
};

const TYPE_OF_METHOD: Readonly<Record<Method, 'DNS' | 'FILE' | 'EMAIL'>> = { dns: 'DNS', http: 'FILE', email: 'EMAIL' };

const CAA: Readonly<Record<CaaStatus, string>> = {
  allowed: 'VALID',
  empty: 'EMPTY',
  denied: 'INVALID',
  timeout: 'TIMEOUT',
  'critical-unknown-tag': 'UNRECOGNIZED_CRITICAL_TAG',
  malformed: 'MALFORMED_RESPONSE',
  error: 'UNKNOWN',
};

/** CAA answers that a person has to do something about. */
const CAA_NEEDS_ATTENTION: ReadonlySet<CaaStatus> = new Set(['denied', 'critical-unknown-tag', 'malformed']);

/** A request of the actor's account. @throws DeskError `not-found` */
export async function ownRequest(world: World, actor: Actor, id: number): Promise<CertificateRequest> {
  const request = await world.context.store.get('requests', id);
  if (request === null || request.accountId !== actor.accountId) throw notFound(`Process ${id}`);
  return request;
}

/** What is on record around a request that this vendor shows of it. */
export interface ProcessParts {
  request: CertificateRequest;
  validations: readonly Validation[];
  caa: readonly CaaAnswer[];
  notes: readonly Note[];
  /** Where it was issued at once. */
  certificateId: number | null;
}

/** Reads the parts. */
export async function readParts(
  world: World,
  request: CertificateRequest,
  certificateId: number | null,
): Promise<ProcessParts> {
  const { store } = world.context;
  const named = request.names.length > 0;
  const [validations, caa, notes] = await Promise.all([
    store.find('validations', { requestId: request.id }),
    named ? store.find('caaAnswers', { name: request.names }) : [],
    store.find('notes', { requestId: request.id }),
  ]);
  return { request, validations, caa, notes, certificateId };
}

/** The info-process object: answer of request, reissue, renew and of `/processes/{id}/info`. */
export function renderInfoProcess(world: World, parts: ProcessParts) {
  const { request, certificateId, notes } = parts;
  return {
    commonName: request.commonName,
    requiresAttention: needsAttention(parts),
    ...(certificateId === null ? {} : { certificateId }),
    validations: {
      ...checksOf(request),
      dcv: renderDcv(world, parts),
    },
    ...(notes.length === 0 ? {} : { notes: notes.map(renderNote) }),
  };
}

function needsAttention({ request, validations, caa }: ProcessParts): boolean {
  if (isFinal('request', request.state)) return false;
  return (
    validations.some((validation) => validation.state === 'attention') ||
    Object.values(request.checks).includes('attention') ||
    caa.some((answer) => CAA_NEEDS_ATTENTION.has(answer.status))
  );
}

function checksOf({ checks }: CertificateRequest) {
  const { organization, callback, agreement } = checks;
  return {
    ...(organization === undefined ? {} : { organization: STATUS_OF_CHECK[organization] }),
    ...(callback === undefined ? {} : { voice: STATUS_OF_CHECK[callback] }),
    ...(agreement === undefined ? {} : { agreement: STATUS_OF_CHECK[agreement] }),
  };
}

/**
 * One entry for each name, with what proves it. On a single-domain product the free name is not listed a second time
 * where the proof of the ordered name covers it.
 */
function renderDcv(world: World, { request, validations, caa }: ProcessParts) {
  const single = world.context.catalogue.get(request.product)?.names !== 'multi';
  const shown = new Set<number>();
  const entries = [];
  for (const name of request.names) {
    const validation = validationOf(name, validations);
    if (validation === undefined || (single && shown.has(validation.id))) continue;
    shown.add(validation.id);
    entries.push(
      renderEntry(
        name,
        validation,
        caa.find((answer) => answer.name === name),
      ),
    );
  }
  return entries;
}

/** The newest that covers the name; one that was called off only where there is no other. */
export function validationOf(name: string, validations: readonly Validation[]): Validation | undefined {
  const fitting = validations.filter((validation) => covers(validation, name));
  return fitting.findLast((validation) => validation.state !== 'cancelled') ?? fitting.at(-1);
}

function renderEntry(commonName: string, validation: Validation, caa: CaaAnswer | undefined) {
  return {
    commonName,
    type: TYPE_OF_METHOD[validation.method],
    status: STATUS_OF_VALIDATION[validation.state],
    ...renderChallenge(validation),
    caaRecordStatus: caa === undefined ? 'UNKNOWN' : CAA[caa.status],
  };
}

function renderChallenge(validation: Validation) {
  const challenge = validation.challenges.find(({ method }) => method === validation.method);
  switch (challenge?.method) {
    case undefined:
      return {};
    case 'email':
      return { email: challenge.address };
    case 'http':
      return { fileLocation: `http://${challenge.host}${challenge.path}`, fileContents: challenge.content };
    case 'dns': {
      const dnsContents = challenge.record === 'CNAME' ? `${challenge.value}.` : challenge.value;
      return { dnsRecord: `${challenge.name}.`, dnsType: challenge.record, dnsContents };
    }
  }
}

function renderNote(note: Note) {
  return {
    createdDate: formatTimestamp(note.createdAt),
    type: note.direction === 'incoming' ? 'INCOMING' : 'OUTGOING',
    message: note.message,
  };
}
