import { VIEWS } from '../admin/views.ts';
import type { Attempt, Challenge, Validation } from '../core/records.ts';
import type { Reader } from '../core/store.ts';
import type { HttpHop } from '../validation/http-check.ts';
import type { DnsQueryEvidence } from '../validation/resolver.ts';
import { type Row, sheet, table } from './output.ts';

/** A validation with the newest look at it; null before the first. */
export interface LookedAt {
  validation: Validation;
  look: Attempt | null;
}

/** Every validation of the requests. One that counts an earlier proof has the look of that one. */
export async function lastLooks(store: Reader, requestIds: readonly number[]): Promise<LookedAt[]> {
  const validations = await store.find('validations', { requestId: [...requestIds] });
  const order = { field: 'id', descending: true } as const;
  return Promise.all(
    validations.map(async (validation) => {
      const validationId = validation.reusedFrom ?? validation.id;
      const [look = null] = await store.find('attempts', { validationId }, { order, limit: 1 });
      return { validation, look };
    }),
  );
}

export function lookView({ validation, look }: LookedAt) {
  return { ...VIEWS.validations(validation), lastLook: look === null ? null : VIEWS.attempts(look) };
}

/** For people: what is wanted, how the last look went, when the next is, and each question with its answer. */
export function lookText(looked: LookedAt): string {
  const { id, domain, state, attempts, detail, reusedFrom, nextAttemptAt } = lookView(looked);
  const { validation, look } = looked;
  const told = look === null ? null : `${VIEWS.attempts(look).at} ${look.outcome}: ${look.message}`;
  const lines = sheet({
    validation: id,
    domain,
    state,
    wanted: validation.challenges.map(wantedText).join('; or '),
    ...(reusedFrom === null ? {} : { 'proved by': `validation ${reusedFrom}` }),
    ...(detail === null || detail === look?.message ? {} : { detail }),
    looks: attempts,
    'last look': told,
    'next look': nextAttemptAt,
  });
  const questions = look === null ? [] : questionsOf(look.evidence);
  return questions.length === 0 ? lines : `${lines}\n${table(questions, ['at', 'asked', 'of', 'came back'])}`;
}

function wantedText(challenge: Challenge): string {
  switch (challenge.method) {
    case 'dns':
      return `${challenge.record} at ${challenge.name}: ${challenge.value}`;
    case 'http':
      return `file http://${challenge.host}${challenge.path}: ${JSON.stringify(challenge.content)}`;
    case 'email':
      return `answer to the mail to ${challenge.address}`;
  }
}

/** What the checks of src/validation put down. */
interface Evidence {
  queries?: readonly DnsQueryEvidence[];
  hops?: readonly HttpHop[];
  received?: string;
  /** Where several challenges were tried. */
  tried?: readonly { evidence: Evidence }[];
}

/** Characters of an answer; the JSON has all. */
const SHOWN = 200;

function questionsOf({ queries = [], hops = [], received, tried = [] }: Evidence): Row[] {
  return [
    ...tried.flatMap(({ evidence }) => questionsOf(evidence)),
    ...queries.map(queryRow),
    ...hops.flatMap((hop, at) => [
      ...(hop.queries ?? []).map(queryRow),
      hopRow(hop, at === hops.length - 1 ? received : undefined),
    ]),
  ];
}

function queryRow({ at, question, server, protocol, outcome, answers, ignored }: DnsQueryEvidence): Row {
  const forged = ignored === undefined ? '' : ` (and ${ignored} packets that were no answer)`;
  const back = [outcome, ...answers].join('; ');
  return row(at, question, `${server} ${protocol}`, back + forged);
}

function hopRow({ at, url, connectedTo, status, location }: HttpHop, received?: string): Row {
  const lead = location === undefined ? '' : ` to ${location}`;
  const body = received === undefined ? '' : `: ${JSON.stringify(received)}`;
  return row(
    at,
    `GET ${url}`,
    connectedTo ?? null,
    status === undefined ? 'nothing' : `status ${status}${lead}${body}`,
  );
}

function row(at: number, asked: string, of: string | null, back: string): Row {
  const shown = back.length > SHOWN ? `${back.slice(0, SHOWN)}…` : back;
  return { at: new Date(at).toISOString(), asked, of, 'came back': shown };
}
