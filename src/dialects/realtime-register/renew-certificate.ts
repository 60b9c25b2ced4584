import { DeskError, invalidValue } from '../../core/errors.ts';
import type { Product } from '../../core/products.ts';
import type { Certificate } from '../../core/records.ts';
import * as answers from './answers.ts';
import { prepareAsk } from './ask.ts';
import { ownPrevious } from './certificates.ts';
import { accept, idOf } from './endpoint.ts';
import { placedAnswer, placePrepared } from './place.ts';
import { readFlag } from './query.ts';
import { quoteAnswer } from './quotes.ts';
import { renewBody } from './schemas.ts';
import type { World } from './world.ts';

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
    const { desk } = world.context;
    const product = renewalProduct(world, previous.certificate, body.product);
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

/** The product named, else the one that the certificate has. @throws DeskError `invalid-value`, `wrong-state` */
function renewalProduct(world: World, certificate: Certificate, code: string | undefined): Product {
  const current = certificate.product;
  const product = code === undefined ? world.context.catalogue.get(current) : world.products.productOf(code);
  if (product === undefined) {
    throw new DeskError('wrong-state', `Certificate ${certificate.id} is of no product that can be renewed`);
  }
  if (product.id !== current && !product.renewFrom.includes(current)) {
    throw invalidValue('product', `cannot follow ${world.products.codeOf(current)}`, code);
  }
  return product;
}
