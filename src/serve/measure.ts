import type { Desk, Outcome } from '../core/desk.ts';
import { DeskError } from '../core/errors.ts';
import type { Issuer } from '../core/ports.ts';
import type { Metrics } from '../http/metrics.ts';

/** The desk, with every ask that changes something counted. */
export function countedDesk(desk: Desk, metrics: Metrics, dialect: string): Desk {
  const count = async <O extends Outcome>(kind: string, ask: Promise<O>): Promise<O> => {
    try {
      const outcome = await ask;
      metrics.asked(kind, dialect, outcome.certificate === null ? outcome.request.state : 'issued');
      return outcome;
    } catch (error) {
      metrics.asked(kind, dialect, error instanceof DeskError ? error.kind : 'internal');
      throw error;
    }
  };
  return {
    ...desk,
    placeOrder: (...ask) => count('new', desk.placeOrder(...ask)),
    reissue: (...ask) => count('reissue', desk.reissue(...ask)),
    renew: (...ask) => count('renew', desk.renew(...ask)),
    revoke: (...ask) => count('revoke', desk.revoke(...ask)),
    importCertificate: (...ask) => count('import', desk.importCertificate(...ask)),
  };
}

/** The issuer, with every turn timed. */
export function timedIssuer(issuer: Issuer, metrics: Metrics): Issuer {
  return {
    ...issuer,
    issue: async (...ask) => {
      const start = performance.now();
      let outcome = 'failed';
      try {
        const result = await issuer.issue(...ask);
        outcome = result.kind;
        return result;
      } finally {
        metrics.issued(issuer.name, outcome, (performance.now() - start) / 1_000);
      }
    },
  };
}
