import * as answers from './answers.ts';
import { prepareAsk } from './ask.ts';
import { accept, ownCustomer } from './endpoint.ts';
import { placedAnswer, placePrepared } from './place.ts';
import { readFlag } from './query.ts';
import { quoteAnswer } from './quotes.ts';
import { requestBody } from './schemas.ts';

export const requestCertificate = accept({
  method: 'POST',
  path: '/v2/ssl/certificates',
  summary: 'Request a certificate, or a quote for it',
  query: { quote: 'If true, validate the request and answer with a quote' },
  body: requestBody,
  answers: { 200: answers.quote, 201: answers.infoProcess, 202: answers.infoProcess },
  async handle(world, { actor, body, query }) {
    const quoteOnly = readFlag(query, 'quote', false);
    ownCustomer(actor, body.customer);
    const product = world.products.productOf(body.product);
    const prepared = await prepareAsk(world, actor, product, body, null);
    const order = { product: product.id, periodMonths: body.period };
    const { desk } = world.context;
    if (quoteOnly) {
      const quote = await desk.quoteOrder(actor, { ...prepared.ask, ...order });
      return quoteAnswer(world, 'RequestCertificateCommand', quote);
    }
    const outcome = await placePrepared(prepared, (ask) => desk.placeOrder(actor, { ...ask, ...order }));
    return placedAnswer(world, outcome);
  },
});
