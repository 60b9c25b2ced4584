import type { AskAgain, AskAgainTools } from '../../core/ask-again.ts';
import { believedNames, chooserOf } from './challenges.ts';

/** Renewals and reissues: as names are believed by then, with fresh values. */
export function askAgain({ store, names, random, clock }: AskAgainTools): AskAgain {
  return async ({ request }) => {
    const believed = await believedNames({ store, names, clock }, request.accountId, request.names);
    return {
      chooseValidation: chooserOf({ random }, believed, null),
      extra: request.extra,
      detailsExtra: (kept) => kept,
    };
  };
}
