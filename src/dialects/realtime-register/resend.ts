import { createHash } from 'node:crypto';
import type { ValidationChoice } from '../../core/desk.ts';
import { DeskError, invalidValue } from '../../core/errors.ts';
import { covers, isOpen } from '../../core/facts.ts';
import { baseOf, isWildcard } from '../../core/names.ts';
import type { CertificateRequest, Validation } from '../../core/records.ts';
import * as answers from './answers.ts';
import type { ChallengeSource } from './challenges.ts';
import { choiceOf, mayApprove, readDcv } from './dcv.ts';
import { accept, idOf, type Answer, type Call } from './endpoint.ts';
import { ownRequest, validationOf } from './info-process.ts';
import { resendBody, type DcvEntry } from './schemas.ts';
import type { World } from './world.ts';

export const resend = accept({
  method: 'POST',
  path: '/v2/processes/:processId/resend',
  summary: 'Check the open domain validations at once, in other ways where dcv says so; mail again what is open',
  body: resendBody,
  answers: { 200: answers.warning },
  async handle(world, call) {
    const { actor, body } = call;
    const request = await ownRequest(world, actor, idOf(call, 'processId', 'Process'));
    if (body.dcv !== undefined) return resendDcv(world, call, request, body.dcv);
    const validations = await world.context.store.find('validations', { requestId: request.id });
    if (validations.some((one) => isOpen(one) && one.method !== 'email')) {
      await world.context.desk.checkNow(actor, request.id, new Map());
    } else {
      await world.context.desk.remind(actor, request.id);
    }
    return { status: 200 };
  },
});

async function resendDcv(
  world: World,
  { actor }: Call,
  request: CertificateRequest,
  entries: readonly DcvEntry[],
): Promise<Answer> {
  if (request.state !== 'waiting') throw new DeskError('wrong-state', `Process ${request.id} is ${request.state}`);
  const dcv = readDcv(entries, new Set(request.names), world.context.names);
  const validations = await world.context.store.find('validations', { requestId: request.id });
  const choices = newChoices(world, request, [...dcv.values()], validations);
  const reasons = await world.context.desk.checkNow(actor, request.id, choices);
  return { status: 200, json: reasons.length === 0 ? {} : { warning: reasons.join('; ') } };
}

/**
 * The new way for each domain that is asked of. An entry speaks for the domain whose open validation proves its name,
 * which may be the name's parent; a file proves one name only, so that the names that leaned on it get their own.
 */
function newChoices(
  world: World,
  request: CertificateRequest,
  entries: readonly DcvEntry[],
  validations: readonly Validation[],
): Map<string, ValidationChoice> {
  const source = sourceOf(world, request);
  const choices = new Map<string, ValidationChoice>();
  entries.forEach((entry, index) => {
    const current = validationOf(entry.commonName, validations);
    if (current?.state === 'valid') return;
    const domain = current?.domain ?? baseOf(entry.commonName);
    if (entry.type === 'EMAIL' && !mayApprove(entry.email, domain, world.context.names)) {
      throw invalidValue(`dcv[${index}].email`, `is not an address that may approve ${domain}`, entry.email);
    }
    for (const name of entry.type === 'FILE' ? leaningOn(current, request.names) : []) {
      if (isWildcard(name)) throw invalidValue(`dcv[${index}].type`, `FILE is not possible for ${name}`, entry.type);
      choices.set(baseOf(name), choiceOf(entry, baseOf(name), source));
    }
    choices.set(domain, choiceOf(entry, domain, source));
  });
  // An entry for a name of its own goes before one that reached it through a parent.
  for (const entry of entries) {
    const domain = baseOf(entry.commonName);
    if (choices.has(domain)) choices.set(domain, choiceOf(entry, domain, source));
  }
  return choices;
}

function leaningOn(validation: Validation | undefined, names: readonly string[]): string[] {
  return validation === undefined ? [] : names.filter((name) => covers(validation, name));
}

function sourceOf(world: World, request: CertificateRequest): ChallengeSource {
  const der = request.csr;
  if (der === null) throw new DeskError('wrong-state', `Process ${request.id} has no domain validation`);
  const uniqueValue = request.extra['uniqueValue'];
  return {
    md5: createHash('md5').update(der).digest('hex'),
    sha256: createHash('sha256').update(der).digest('hex'),
    uniqueValue: typeof uniqueValue === 'string' ? uniqueValue : String(request.id),
    suffix: world.dcvSuffix,
  };
}
