import { chooseIssuer, KEY_KEPT_HERE } from './choose-issuer.ts';
import { DeskError } from './errors.ts';
import { issueAskOf, type Asked } from './issue-ask.ts';
import type { Engine } from './parts.ts';
import type { Placement } from './place-request.ts';

/**
 * Refuses at once what none of the product's issuers would ever sign. `outsideOnly` where the key is kept here and the
 * own CA must not sign for it.
 * @throws DeskError `invalid-csr` with what the issuers have against it; `not-allowed` where the key is all that is
 * against it
 */
export function refuseObjections(
  { issuers, clock, rules }: Pick<Engine, 'issuers' | 'clock' | 'rules'>,
  placement: Placement,
  outsideOnly = false,
): void {
  const { product, ask } = placement;
  const askOf = (issuer: string) => issueAskOf(askedBy(placement), issuer, clock.now(), rules);
  const { issuer, skipped } = chooseIssuer(product, {
    issuers,
    tried: [],
    wishes: ask.wishes ?? null,
    outsideOnly,
    askOf,
  });
  // A product without any issuer is the operator's mistake, not that of who asks: its requests fail and say so.
  const reasons = skipped.flatMap(({ name, reason }) => (issuers.has(name) ? [reason] : []));
  if (issuer !== null || reasons.length === 0) return;
  if (reasons.every((reason) => reason === KEY_KEPT_HERE)) {
    throw new DeskError('not-allowed', `${KEY_KEPT_HERE}; configure an issuer outside for product ${product.id}`);
  }
  throw new DeskError('invalid-csr', [...new Set(reasons)].filter((reason) => reason !== KEY_KEPT_HERE).join('; '));
}

function askedBy(placement: Placement): Asked {
  const { ask, kind, names, product, target, periodMonths, endsAt = null } = placement;
  const { subject, csr, validity = null, wishes = null } = ask;
  return {
    request: {
      id: 0,
      kind,
      commonName: names.names[0] ?? '',
      names: names.names,
      subject,
      csr: csr.der,
      validity,
      wishes,
    },
    order: placement.order ?? { periodMonths, endsAt },
    product,
    target,
    spki: csr.spki,
    mustStaple: csr.mustStaple,
  };
}
