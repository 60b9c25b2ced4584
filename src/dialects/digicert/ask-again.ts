import type { AskAgainTools, LastAsk, NextAsk } from '../../core/ask-again.ts';
import { chooserOf, currentValue, orderDcvExtra, orderDcvOf, usesToken } from './challenges.ts';

/**
 * How automatic reissues and renewals are proved: by the order's method, with its random value while that counts and
 * a new one from then on. `cert_validity` was for the first certificate alone.
 */
export function askAgain({ clock, random, names, catalogue }: AskAgainTools): (last: LastAsk) => NextAsk {
  return ({ request, details, validations, settings }) => {
    const kept = orderDcvOf(details.extra);
    const value = usesToken(kept.method) ? currentValue(kept.value, random, clock.now()) : kept.value;
    const dcv = { ...kept, value };
    const ofAccount = settings.domainScope === 'name' ? 'fqdn' : 'base_domain';
    const { certValidity: _, ...extra } = request.extra;
    return {
      chooseValidation: chooserOf({ ...dcv, scope: kept.scope ?? ofAccount, names, emails: askedBefore(validations) }),
      extra,
      proveAgain: catalogue.get(request.product)?.level === 'DV',
      detailsExtra: (carried) => ({ ...carried, ...orderDcvExtra(dcv) }),
    };
  };
}

/** The addresses that were mailed, by domain. */
function askedBefore(validations: LastAsk['validations']): Map<string, { emails: string[] }> {
  const byMail = validations.filter(({ method }) => method === 'email');
  return new Map(
    byMail.map(({ domain, challenges }) => [
      domain,
      { emails: challenges.flatMap((one) => (one.method === 'email' ? [one.address] : [])) },
    ]),
  );
}
