import type { AcmeIssuerConfig } from '../config/issuer-schema.ts';
import { DeskError } from '../core/errors.ts';
import type { ChallengeBoard, Issuer, NamePolicy } from '../core/ports.ts';
import { createAcmeIssuer } from '../issuers/acme/issuer.ts';
import type { AcmeParts } from '../issuers/acme/settings.ts';
import { createAddressGuard } from '../validation/address-guard.ts';
import { createGuardedFetch } from '../validation/guarded-fetch.ts';
import type { Foundation } from './foundation.ts';

interface OutsideTools {
  /** Null where no order is worked on: in most commands. */
  board: ChallengeBoard | null;
  names: NamePolicy;
}

/** The issuers that ask CAs outside, as configured. */
export function outsideIssuers(foundation: Foundation, tools: OutsideTools): Issuer[] {
  return Object.values(foundation.config.issuers).map((config) =>
    createAcmeIssuer(acmeParts(foundation, config, tools)),
  );
}

/** What one of them works with. */
export function acmeParts(foundation: Foundation, config: AcmeIssuerConfig, { board, names }: OutsideTools): AcmeParts {
  const { store, box, clock, random, log } = foundation;
  const fetch = createGuardedFetch({
    guard: createAddressGuard({ allow: config.allowedRanges }),
    ...(config.trustedCa === null ? {} : { trustedCa: config.trustedCa }),
  });
  return {
    settings: config,
    fetch: (url, request) => fetch(url, { ...request, maxRedirects: 0 }),
    store,
    box,
    clock,
    random,
    board: board ?? NO_BOARD,
    registrableDomain: (name) => names.registrableDomain(name),
    log,
  };
}

const noBoard = async (): Promise<never> => {
  throw new DeskError('issuer-unavailable', 'Only the serving process answers challenges');
};
const NO_BOARD: ChallengeBoard = { ways: noBoard, publish: noBoard, withdraw: async () => undefined };
