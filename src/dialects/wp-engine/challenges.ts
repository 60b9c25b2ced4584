import type { ValidationChoice } from '../../core/desk.ts';
import { mayAnswerFor } from '../../core/hosting/trust.ts';
import { baseOf } from '../../core/names.ts';
import type { NamePolicy, Random } from '../../core/ports.ts';
import type { Reader } from '../../core/store.ts';
import type { Clock } from '../../core/time.ts';
import { PROOF_LABEL } from './world.ts';

interface Tools {
  store: Reader;
  names: NamePolicy;
  random: Random;
  clock: Clock;
}

/** At which the names of an order are believed without asking, as they stand at this moment. */
export async function believedNames(
  tools: Pick<Tools, 'store' | 'names' | 'clock'>,
  accountId: number,
  asked: readonly string[],
): Promise<ReadonlySet<string>> {
  const all = await Promise.all(asked.map((name) => mayAnswerFor(tools, accountId, name)));
  return new Set(asked.filter((_, index) => all[index]));
}

/**
 * How names are validated: by a file that the desk serves itself, where the account is believed to hold the name, else
 * by a TXT record that its owner publishes. `token` is the value that the owner was told already, null for a new one.
 */
export function chooserOf(
  { random }: Pick<Tools, 'random'>,
  believed: ReadonlySet<string>,
  token: string | null,
): (domain: string, name: string) => ValidationChoice {
  const fresh = (): string => Buffer.from(random.bytes(24)).toString('base64url');
  return (domain, name) => {
    if (believed.has(name)) {
      // The file's name tells nothing of what is in it (BR 3.2.2.4.18).
      const path = `/.well-known/pki-validation/${Buffer.from(random.bytes(12)).toString('hex')}.txt`;
      return {
        method: 'http',
        challenges: [{ method: 'http', host: domain, path, content: fresh() }],
        selfPublished: true,
      };
    }
    const record = `${PROOF_LABEL}.${baseOf(domain)}`;
    return { method: 'dns', challenges: [{ method: 'dns', record: 'TXT', name: record, value: token ?? fresh() }] };
  };
}
