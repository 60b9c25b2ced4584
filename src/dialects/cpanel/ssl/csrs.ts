import type { Subject } from '../../../core/records.ts';
import { toPem } from '../../../pki/pem.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { DIALECT } from '../world.ts';
import { filesOf, pemOfFile, spkiOf } from './files.ts';
import { askedFile, requiredKey } from './find.ts';
import { keyNumbers } from './key-numbers.ts';
import { changedLabel, newLabel } from './labels.ts';
import { csrText } from './openssl-text.ts';
import { csrRecord } from './records.ts';

/** Certificate signing requests: SSL::generate_csr, list_csrs, show_csr, delete_csr and set_csr_friendly_name. */

export async function generateCsr(call: Call): Promise<Answer> {
  const { actor, world } = call;
  const ask = await certificateAsk(call);
  const { spki, spkiHash, id: keyId } = ask.key;
  const der = await world.subscriberKeys.makeCsr(actor, keyId, ask);
  const { commonName, names } = ask;
  const label = await newLabel(call, 'csr', commonName);
  const unbounded = { chainPem: null, notBefore: null, notAfter: null };
  const described = { dialect: DIALECT, type: 'csr', label, commonName, names } as const;
  const file = await world.keptFiles.keep(actor, { ...described, der: Uint8Array.from(der), spkiHash, ...unbounded });
  return { data: { ...csrRecord(file, keyNumbers(spki)), text: pemOfFile(file) } };
}

/**
 * What generate_csr and generate_cert are asked for. The first of the domains is the common name.
 * @throws CallFailure
 */
export async function certificateAsk(call: Call) {
  const { parameters } = call;
  const domains = domainList(call, parameters.required('domains'));
  const subject: Subject = {};
  for (const [argument, member, needed] of SUBJECT) {
    const value = needed ? parameters.required(argument) : parameters.optional(argument);
    if (value !== undefined) subject[member] = member === 'country' ? value.toUpperCase() : value;
  }
  const email = parameters.optional('emailAddress');
  const key = await requiredKey(call, 'key_id');
  const asked = { commonName: domains[0] as string, names: domains, subject, key };
  return email === undefined ? asked : { ...asked, email };
}

const SUBJECT: readonly [argument: string, member: keyof Subject, needed: boolean][] = [
  ['countryName', 'country', true],
  ['stateOrProvinceName', 'state', true],
  ['localityName', 'locality', true],
  ['organizationName', 'organization', true],
  ['organizationalUnitName', 'department', false],
];

/** Domains apart by commas, spaces or line breaks, as A-labels, each once. @throws CallFailure */
export function domainList({ world }: Pick<Call, 'world'>, text: string): string[] {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  if (parts.length > MOST_DOMAINS) throw new CallFailure(`There are more than ${MOST_DOMAINS} domains.`);
  const domains = [...new Set(parts.map((part) => world.names.normalise(part, 'domains')))];
  if (domains.length === 0) throw new CallFailure('Provide the ‘domains’ argument.');
  return domains;
}

const MOST_DOMAINS = 1_000;

export async function listCsrs(call: Call): Promise<Answer> {
  const files = await filesOf(call, { type: 'csr' });
  return { data: files.map((file) => csrRecord(file, keyNumbers(spkiOf(call.world, file)))) };
}

export async function showCsr(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'csr');
  const csr = await call.world.pki.readCsr(toPem('CERTIFICATE REQUEST', file.der));
  const { country, state, locality, organization, department } = csr.subject;
  const details = {
    ...csrRecord(file, keyNumbers(csr.spki)),
    countryName: country ?? null,
    stateOrProvinceName: state ?? null,
    localityName: locality ?? null,
    organizationName: organization ?? null,
    organizationalUnitName: department ?? null,
    emailAddress: csr.emailAddress,
  };
  const subject = csr.attributes.map((attribute) => [attribute]);
  const text = csrText({ subject, spki: csr.spki, names: csr.dnsNames });
  return { data: { csr: pemOfFile(file), details, text } };
}

export async function deleteCsr(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'csr');
  await call.world.keptFiles.remove(call.actor, file.id);
  return { data: [csrRecord(file, keyNumbers(spkiOf(call.world, file)))] };
}

export async function setCsrFriendlyName(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'csr');
  await call.world.keptFiles.rename(call.actor, file.id, await changedLabel(call, 'csr', file.label));
  return { data: null };
}
