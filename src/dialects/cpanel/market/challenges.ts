import { isWildcard } from '../../../core/names.ts';
import type { ValidationChoice } from '../../../core/desk.ts';
import type { Random } from '../../../core/ports.ts';
import { CHALLENGE_LIFETIME } from '../../../core/retry.ts';
import type { Instant } from '../../../core/time.ts';
import type { Answer, Call } from '../call.ts';
import { FILE_FOLDER, fileChallenge } from '../challenges.ts';
import { checkProvider } from './provider.ts';
import type { SubjectName } from './subject-names.ts';

/** Before the domain, where the TXT record of a DNS validation stands. */
const TXT_LABEL = '_pki-validation';

/** `Market::get_provider_specific_dcv_constraints`: of which form the files are. */
export async function getDcvConstraints(call: Call): Promise<Answer> {
  checkProvider(call);
  return {
    data: {
      dcv_file_allowed_characters: '0123456789ABCDEF'.split(''),
      dcv_file_extension: 'txt',
      dcv_file_random_character_count: 32,
      dcv_file_relative_path: FILE_FOLDER,
      dcv_max_redirects: 0,
      dcv_user_agent_string: 'Chancery domain validation',
    },
  };
}

/**
 * How names are proved: by a file, which the desk answers itself where the account serves the name, or by a TXT
 * record. Random values are new at each ask and count for 30 days (BR 3.2.2.4.7, .18).
 */
export function chooserOf(
  names: readonly SubjectName[],
  { random, now }: { random: Random; now: Instant },
): (domain: string, name: string) => ValidationChoice {
  return (domain, name) => {
    const way = names.find((one) => one.name === name)?.dcv ?? (isWildcard(name) ? 'dns' : 'http');
    if (way === 'http') {
      return { method: 'http', challenges: [fileChallenge(domain, random, now)], selfPublished: true };
    }
    const value = Buffer.from(random.bytes(32)).toString('hex');
    const until = now + CHALLENGE_LIFETIME;
    return {
      method: 'dns',
      challenges: [{ method: 'dns', record: 'TXT', name: `${TXT_LABEL}.${domain}`, value, until }],
    };
  };
}
