import { readMembers } from './certificate-id.ts';
import { ProblemError } from './problems.ts';
import { type Answer, retryAfterText } from './script.ts';
import type { Certificate, World } from './state.ts';

/** The certificate of an id as in RFC 9773 §4.1. */
export function findById(world: World, id: string): Certificate | undefined {
  const parts = readMembers(id);
  if (parts === null || !Buffer.from(world.authority.keyId).equals(parts.keyId)) return undefined;
  return world.certificates.find(({ serial }) => serial === parts.serial.toString('hex'));
}

/** RFC 9773 §4.2 */
export function renewalInfo(world: World, id: string): Answer {
  if (readMembers(id) === null) throw new ProblemError('malformed', 'That is no certificate id');
  const certificate = findById(world, id);
  const window = certificate === undefined ? null : world.script.renewalWindow(certificate);
  if (window === null) throw new ProblemError('malformed', 'There is no such certificate', { status: 404 });
  const { start, end, explanationUrl } = window;
  const suggestedWindow = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  const { renewalRetryAfter: wait } = world.script;
  return {
    status: 200,
    headers: wait === null ? {} : { 'retry-after': retryAfterText(wait, world.now()) },
    body: { suggestedWindow, ...(explanationUrl === undefined ? {} : { explanationURL: explanationUrl }) },
  };
}
