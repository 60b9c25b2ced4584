import type { AskAgainTools, LastAsk, NextAsk } from '../../core/ask-again.ts';
import type { Product } from '../../core/products.ts';
import type { CertificateWishes } from '../../core/records.ts';
import type { Instant } from '../../core/time.ts';
import { chooserOf, currentValue, orderDcvExtra, orderDcvOf, usesToken } from './challenges.ts';
import { withoutEnded } from './profile.ts';

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
      wishes: wishesNow(request.wishes, catalogue.get(request.product) ?? null, clock.now()),
      proveAgain: catalogue.get(request.product)?.level === 'DV',
      detailsExtra: (carried) => ({ ...carried, ...orderDcvExtra(dcv) }),
    };
  };
}

/** What ends by its date is left out, so that the order goes on. */
function wishesNow(wishes: CertificateWishes | null, product: Product | null, now: Instant): CertificateWishes | null {
  if (wishes === null) return null;
  const extras = withoutEnded(wishes.extras, product, now);
  return extras.length === 0 && wishes.signatureHash === null ? null : { ...wishes, extras };
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
