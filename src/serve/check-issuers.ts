import { checkIssuer } from '../issuers/acme/admin.ts';
import { openAcme } from '../issuers/acme/issuer.ts';
import type { Foundation } from './foundation.ts';
import { namesOf } from './names.ts';
import { acmeParts } from './outside-issuers.ts';

/** Asks each CA outside for its directory and the state of the account; a CA that does not answer is a fault. */
export async function checkIssuers(foundation: Foundation): Promise<{ looked: string; faults: string[] }> {
  const { config } = foundation;
  const names = namesOf(config);
  const configured = Object.values(config.issuers);
  const faults = await Promise.all(
    configured.map(async (issuer) => {
      try {
        const found = await checkIssuer(openAcme(acmeParts(foundation, issuer, { board: null, names })));
        return found.faults.map((fault) => `${issuer.name}: ${fault}`);
      } catch (error) {
        return [`${issuer.name}: ${(error as Error).message}`];
      }
    }),
  );
  return { looked: configured.map(({ name }) => name).join(', ') || 'none outside', faults: faults.flat() };
}
