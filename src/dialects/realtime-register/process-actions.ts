import { DeskError, invalidValue } from '../../core/errors.ts';
import type { z } from 'zod';
import { accept, idOf } from './endpoint.ts';
import { ownRequest } from './info-process.ts';
import { addNoteBody, scheduleCallBody, sendAgreementBody } from './schemas.ts';
import { isoLanguage } from './subject.ts';
import { formatTimestamp, parsePhpDate, parseTimestamp } from './timestamps.ts';

/** The desk has no telephone: the wish is noted with the process, where the person who vets reads it. */
export const scheduleValidationCall = accept({
  method: 'POST',
  path: '/v2/processes/:processId/schedule-validation-call',
  summary: 'Ask for the validation call at a time',
  body: scheduleCallBody,
  answers: { 200: null },
  async handle(world, call) {
    const { actor, body } = call;
    const request = await ownRequest(world, actor, idOf(call, 'processId', 'Process'));
    const at = readDate(body);
    const check = request.checks.callback;
    if (request.state !== 'waiting' || check === undefined || check === 'passed') {
      throw new DeskError('wrong-state', `Process ${request.id} waits for no validation call`);
    }
    if (at <= world.context.clock.now()) throw invalidValue('date', 'must lie in the future', formatTimestamp(at));
    await world.context.desk.addNote(actor, request.id, `Validation call wanted at ${formatTimestamp(at)}`);
    return { status: 200 };
  },
});

/** ISO text, or the DateTime object of PHP. */
function readDate({ date }: z.infer<typeof scheduleCallBody>): number {
  const at = typeof date === 'string' ? parseTimestamp(date) : parsePhpDate(date.date, date.timezone);
  if (at !== null) return at;
  throw invalidValue('date', "must be a date as yyyy-MM-dd'T'HH:mm:ssZ", typeof date === 'string' ? date : date.date);
}

export const sendSubscriberAgreement = accept({
  method: 'POST',
  path: '/v2/processes/:processId/send-subscriber-agreement',
  summary: 'Mail the subscriber agreement',
  body: sendAgreementBody,
  answers: { 200: null },
  async handle(world, call) {
    const { actor, body } = call;
    const id = idOf(call, 'processId', 'Process');
    const language = body.language === undefined ? null : isoLanguage(body.language);
    await world.context.desk.sendAgreement(actor, id, body.email, language);
    return { status: 200 };
  },
});

export const addNote = accept({
  method: 'POST',
  path: '/v2/processes/:processId/add-note',
  summary: 'Add a note to a process (deprecated by the vendor)',
  body: addNoteBody,
  answers: { 200: null },
  async handle(world, call) {
    const { actor, body } = call;
    await world.context.desk.addNote(actor, idOf(call, 'processId', 'Process'), body.message);
    return { status: 200 };
  },
});
