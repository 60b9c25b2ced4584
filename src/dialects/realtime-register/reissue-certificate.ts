import { DeskError } from '../../core/errors.ts';
import * as answers from './answers.ts';
import { prepareAsk } from './ask.ts';
import { ownPrevious } from './certificates.ts';
import { accept, idOf } from './endpoint.ts';
import { placedAnswer, placePrepared } from './place.ts';
import { readFlag } from './query.ts';
import { quoteAnswer } from './quotes.ts';
import { reissueBody } from './schemas.ts';

export const reissueCertificate = accept({
  method: 'POST',
  path: '/v2/ssl/certificates/:certificateId/reissue',
  summary: 'Reissue a certificate, or ask for a quote',
  query: { quote: 'If true, validate the request and answer with a quote' },
  body: reissueBody,
  answers: { 200: answers.quote, 201: answers.infoProcess, 202: answers.infoProcess },
  async handle(world, call) {
    const { actor, body, query } = call;
    const quoteOnly = readFlag(query, 'quote', false);
    const id = idOf(call, 'certificateId', 'Certificate');
    const previous = await ownPrevious(world, actor, id);
    const { desk, catalogue } = world.context;
    const product = catalogue.get(previous.certificate.product);
    if (product === undefined)
      throw new DeskError('wrong-state', `Certificate ${id} is of no product that can be reissued`);
    const prepared = await prepareAsk(world, actor, product, body, previous);
    if (quoteOnly) {
      return quoteAnswer(world, 'ReissueCertificateCommand', await desk.quoteReissue(actor, id, prepared.ask));
    }
    const outcome = await placePrepared(prepared, (ask) => desk.reissue(actor, id, ask));
    return placedAnswer(world, outcome);
  },
});
