import type { AskForItem } from '../../../core/checkouts.ts';
import type { AskAgainTools, LastAsk, NextAsk } from '../../../core/ask-again.ts';
import { DeskError } from '../../../core/errors.ts';
import { bareDetails } from '../../../core/order-details.ts';
import type { AskForItemTools } from '../../dialect.ts';
import { DIALECT } from '../world.ts';
import { chooserOf } from './challenges.ts';
import { organizationAsk, personOf, subjectOf } from './identity.ts';
import { extraOf } from './item-extra.ts';
import type { SubjectName } from './subject-names.ts';

/** How an item that was paid becomes an order: with the key and the CSR that were made when it was asked for. */
export function askForItem({ pki, random, clock, catalogue }: AskForItemTools): AskForItem {
  return async (item) => {
    const product = catalogue.get(item.product);
    if (product === undefined || item.csr === null) {
      throw new DeskError('product-not-available', 'The product is not offered any more');
    }
    const { subjectNames, installOn, identity } = extraOf(item);
    const [commonName, ...otherNames] = item.names as [string, ...string[]];
    return {
      dialect: DIALECT,
      product: item.product,
      periodMonths: item.periodMonths,
      csr: await pki.readCsr(Buffer.from(item.csr).toString('base64')),
      commonName,
      otherNames,
      subject: subjectOf(product.level, identity),
      contact: personOf(identity),
      language: null,
      chooseValidation: chooserOf(subjectNames, { random, now: clock.now() }),
      validateNow: false,
      installOn,
      // Its certificates are replaced by themselves until its term ends.
      details: bareDetails({ autoReissue: true, renewalNotices: false }),
      ...(identity === null ? {} : { newOrganization: organizationAsk(identity) }),
      extra: { item: item.id, subjectNames },
    };
  };
}

/** How its certificates are asked for again: each name in the way it was proved before, with new random values. */
export function askBoughtAgain({ random, clock }: AskAgainTools): (last: LastAsk) => NextAsk {
  return ({ request }) => {
    const { subjectNames = [] } = request.extra as { subjectNames?: SubjectName[] };
    return {
      chooseValidation: chooserOf(subjectNames, { random, now: clock.now() }),
      extra: request.extra,
      wishes: request.wishes,
      detailsExtra: (kept) => kept,
    };
  };
}
