import type { IssueAsk } from '../../src/core/ports.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { createKeyTools } from '../../src/pki/key-tools.ts';

const keyTools = createKeyTools();
let requests = 0;

/** What the heart would ask for these names at this time, with a CSR that a client made; each is another request. */
export async function issueAsk(
  names: readonly string[],
  now: Instant,
  changes: Partial<IssueAsk> = {},
): Promise<IssueAsk> {
  const key = await keyTools.makeKey('P-256');
  const commonName = names[0] as string;
  const csr = await keyTools.makeCsr(key.pkcs8, { commonName, names, subject: {} });
  requests += 1;
  return {
    requestId: requests,
    level: 'DV',
    commonName,
    names,
    subject: {},
    spki: key.spki,
    csr,
    replaces: null,
    notAfterAtMost: now + 365 * DAY,
    longestValidity: 200 * DAY,
    mustStaple: false,
    wishes: null,
    ...changes,
  };
}
