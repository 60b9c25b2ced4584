import type { Random } from '../../core/ports.ts';
import type { Challenge } from '../../core/records.ts';
import { DAY, type Instant } from '../../core/time.ts';

/** How long a random value counts (BR 3.2.2.4.7, .18). */
const LIFE = 30 * DAY;

/** Where control of a domain is shown by a file, as Market::get_provider_specific_dcv_constraints says. */
export const FILE_FOLDER = '.well-known/pki-validation';

/** A file with 256 random bits under a name of 32 capital hex digits (BR 3.2.2.4.18). */
export function fileChallenge(domain: string, random: Random, now: Instant): Challenge {
  const name = Buffer.from(random.bytes(16)).toString('hex').toUpperCase();
  const content = Buffer.from(random.bytes(32)).toString('hex');
  return { method: 'http', host: domain, path: `/${FILE_FOLDER}/${name}.txt`, content, until: now + LIFE };
}
