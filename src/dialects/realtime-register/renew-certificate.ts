import { DeskError } from '../../core/errors.ts';
import * as answers from './answers.ts';
import { prepareAsk } from './ask.ts';
import { ownPrevious } from './certificates.ts';
import { accept, idOf } from './endpoint.ts';
import { placedAnswer, placePrepared } from './place.ts';
import { readFlag } from './query.ts';
import { quoteAnswer } from './quotes.ts';
import { renewBody } from './schemas.ts';

export const renewCertificate = accept({
  method: 'POST',
  path: '/v2/ssl/certificates/:certificateId/renew',
  summary: 'Renew a certificate for a new term, or ask for a quote',
  query: { quote: 'If true, validate the request and answer with a quote' },
  body: renewBody,
  answers: { 200: answers.quote, 201: answers.infoProcess, 202: answers.infoProcess },
  async handle(world, call) {
    const { actor, body, query } = call;
    const quoteOnly = readFlag(query, 'quote', false);
    const id = idOf(call, 'certificateId', 'Certificate');
    const previous = await ownPrevious(world, actor, id);
    const { desk, catalogue } = world.context;
    const product =
      body.product === undefined ? catalogue.get(previous.certificate.product) : world.products.productOf(body.product);
    if (product === undefined)
      throw new DeskError('wrong-state', `Certificate ${id} is of no product that can be renewed`);
    const prepared = await prepareAsk(world, actor, product, body, previous);
    const renewal = { product: product.id, periodMonths: body.period };
    if (quoteOnly) {
      const quote = await desk.quoteRenewal(actor, id, { ...prepared.ask, ...renewal });
      return quoteAnswer(world, 'RenewCertificateCommand', quote);
    }
    const outcome = await placePrepared(prepared, (ask) => desk.renew(actor, id, { ...ask, ...renewal }));
    return placedAnswer(world, outcome);
  },
});
