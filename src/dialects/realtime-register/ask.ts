import type { Actor, CertificateAsk, ValidationChoice } from '../../core/desk.ts';
import { isWildcard } from '../../core/names.ts';
import type { Product } from '../../core/products.ts';
import type { Certificate, CertificateRequest } from '../../core/records.ts';
import { authKeyFiles, authKeyRecords, randomUniqueValue, type ChallengeSource } from './challenges.ts';
import { choiceOf, entryFor, readDcv, type DcvChoices } from './dcv.ts';
import { askedNames, freeName, type AskedNames } from './names.ts';
import type { CertificateBody } from './schemas.ts';
import { contactOf, demandFields, languageOf, subjectOf } from './subject.ts';
import { DIALECT, type World } from './world.ts';

/** What a reissue or renewal follows. */
export interface Previous {
  certificate: Certificate;
  request: CertificateRequest | null;
}

/** A body turned into what the desk is asked. */
export interface PreparedAsk {
  ask: CertificateAsk;
  /** The same with files instead of records, where the caller proves by auth key and did not say which it published. */
  withFiles: CertificateAsk | null;
}

/**
 * Reads the CSR and decides names, subject, contact and ways of validation.
 * @throws DeskError `invalid-csr`, `invalid-value`
 */
export async function prepareAsk(
  world: World,
  actor: Actor,
  product: Product,
  body: CertificateBody,
  previous: Previous | null,
): Promise<PreparedAsk> {
  const { names: policy, pki, random } = world.context;
  const csr = await pki.readCsr(body.csr);
  const names = askedNames(product, body, csr, previous?.certificate ?? null, policy);
  const dcv = readDcv(body.dcv, names.allowed, policy);
  const subject = subjectOf(product, body, csr, previous?.request ?? null);
  const contact = contactOf(body.approver) ?? previous?.request?.contact ?? null;
  demandFields(product, subject, contact);
  const uniqueValue = body.uniqueValue ?? randomUniqueValue(random);
  const source = { md5: csr.md5, sha256: csr.sha256, uniqueValue, suffix: world.dcvSuffix };
  const byAuthKey = body.authKey === true;
  const { csr: _, ...command } = body;
  const otherNames = provableNames(product, names, dcv, world);
  const base: Omit<CertificateAsk, 'chooseValidation'> = {
    dialect: DIALECT,
    csr,
    commonName: names.commonName,
    ...(otherNames === undefined ? {} : { otherNames }),
    subject,
    contact,
    language: languageOf(body, subject.country ?? body.country?.toUpperCase() ?? csr.subject.country),
    validateNow: byAuthKey,
    refuseTwin: true,
    extra: { command, uniqueValue, ...(byAuthKey ? { authKey: true } : {}) },
  };
  if (!byAuthKey) return { ask: { ...base, chooseValidation: chooser(world, names, dcv, source) }, withFiles: null };
  // Made where a domain has no proof yet, which is seldom on this path.
  const keys = () => world.authKeys.valid(actor.accountId, product.id, csr.sha256, world.context.clock.now());
  const byRecord = { ...base, chooseValidation: authKeyChooser(world, names, dcv, keys, 'DNS') };
  const byFile = { ...base, chooseValidation: authKeyChooser(world, names, dcv, keys, 'FILE') };
  const undecided = dcv.size === 0 && !isWildcard(names.commonName);
  return { ask: byRecord, withFiles: undecided ? byFile : null };
}

/** The free name is left out where the mail address chosen for the common name may not speak for it. */
function provableNames(product: Product, names: AskedNames, dcv: DcvChoices, world: World): string[] | undefined {
  const { commonName, otherNames } = names;
  const free = freeName(product, commonName);
  if (otherNames !== undefined || free === null || dcv.get(commonName)?.type !== 'EMAIL') return otherNames;
  return entryFor(free, commonName, dcv, world.context.names) === null ? [] : undefined;
}

type Choose = (domain: string, name: string) => ValidationChoice;

function chooser(world: World, names: AskedNames, dcv: DcvChoices, source: ChallengeSource): Choose {
  return (domain, name) => choiceOf(entryFor(name, names.commonName, dcv, world.context.names), domain, source);
}

/** A mail is no way to prove by auth key: such an entry counts as a record. */
function authKeyChooser(
  world: World,
  names: AskedNames,
  dcv: DcvChoices,
  keys: () => readonly string[],
  otherwise: 'DNS' | 'FILE',
): Choose {
  return (domain, name) => {
    const type = entryFor(name, names.commonName, dcv, world.context.names)?.type ?? otherwise;
    if (type === 'FILE' && !isWildcard(name)) return { method: 'http', challenges: authKeyFiles(domain, keys()) };
    return { method: 'dns', challenges: authKeyRecords(domain, keys()) };
  };
}
