import { invalidValue } from '../core/errors.ts';
import type { CsrAsk, SelfSignedTerm } from '../core/ports.ts';
import { SIGNATURE_ALGORITHM, serialFrom } from './certificate-builder.ts';
import { explicit, integer, oid, sequence, set, time } from './der-writer.ts';
import {
  isAddress,
  keyIdentifier,
  keyUsage,
  notACa,
  subjectAltName,
  subjectKeyIdentifier,
  tlsPurposes,
} from './extension-writer.ts';
import { REQUEST_ATTRIBUTE } from './oids.ts';
import { isRsaKey, publicKeyBits } from './public-key.ts';
import type { SignatureAlgorithm } from './signer.ts';
import { LONGEST_COMMON_NAME, wholeSubject } from './subject-writer.ts';

/** What is to be signed of subscribers' own requests and certificates. */

/** As many as our own reader takes. */
const MOST_NAMES = 2000;

/** CertificationRequestInfo (RFC 2986 §4.1), DER. @throws DeskError `invalid-value` */
export function csrTbs(spki: Uint8Array, ask: CsrAsk): Uint8Array {
  checkNames(ask.names);
  // The attributes are not OPTIONAL: without names they are empty.
  const requested =
    ask.names.length === 0
      ? []
      : [
          sequence([
            oid(REQUEST_ATTRIBUTE.extensionRequest),
            set([sequence([subjectAltName(ask.names, commonNameOf(ask) === null)])]),
          ]),
        ];
  return sequence([integer(0), subjectOf(ask), spki, explicit(0, requested)]);
}

interface SelfSigner {
  spki: Uint8Array;
  algorithm: SignatureAlgorithm;
}

/** TBSCertificate (RFC 5280 §4.1.2) of a server whose issuer it is itself, DER. @throws DeskError `invalid-value` */
export function selfSignedTbs({ spki, algorithm }: SelfSigner, ask: CsrAsk & SelfSignedTerm): Uint8Array {
  checkNames(ask.names);
  const subject = subjectOf(ask);
  const names = ask.names.length === 0 ? [] : [subjectAltName(ask.names, false)];
  return sequence([
    explicit(0, [integer(2)]),
    integer(serialFrom(ask.serial)),
    SIGNATURE_ALGORITHM[algorithm],
    subject,
    sequence([time(ask.notBefore), time(ask.notAfter)]),
    subject,
    spki,
    explicit(3, [
      sequence([
        keyUsage(isRsaKey(spki) ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']),
        tlsPurposes(false),
        notACa(),
        subjectKeyIdentifier(keyIdentifier(publicKeyBits(spki))),
        ...names,
      ]),
    ]),
  ]);
}

function subjectOf(ask: CsrAsk): Uint8Array {
  return wholeSubject(ask.subject, commonNameOf(ask), ask.email ?? null);
}

/** RFC 5280 ub-common-name: a longer one stands among the alternative names alone. */
function commonNameOf({ commonName, names }: CsrAsk): string | null {
  if (commonName === '') return null;
  return commonName.length > LONGEST_COMMON_NAME && names.includes(commonName) ? null : commonName;
}

const DNS_NAME = /^(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;

function checkNames(names: readonly string[]): void {
  if (names.length > MOST_NAMES) throw invalidValue('names', `There are more than ${MOST_NAMES} names`);
  const wrong = names.find((name) => !isAddress(name) && (name.length > 253 || !DNS_NAME.test(name)));
  if (wrong !== undefined) throw invalidValue('names', 'A name is neither a domain name nor an address', wrong);
}
