import type { Product } from '../../core/products.ts';
import type { CertificateWishes, Extra, SignatureHash } from '../../core/records.ts';
import type { Instant } from '../../core/time.ts';
import { invalidParameter, VendorError } from './errors.ts';
import type { CertificateBody } from './order-body.ts';
import type { World } from './world.ts';

export const PROFILE_OPTIONS = [
  'server_auth_only_eku',
  'server_client_auth_eku',
  'ocsp_must_staple',
  'data_encipherment',
  'delegated_credentials',
  'kdc_smart_card',
  'some_ssl',
  'secure_email_eku',
  'http_signed_exchange',
] as const;

type ProfileOption = (typeof PROFILE_OPTIONS)[number];

/** What each puts into a certificate; null where no issuer here has such a profile. */
const PROFILES: Readonly<Record<ProfileOption, readonly Extra[] | null>> = {
  server_auth_only_eku: [],
  server_client_auth_eku: ['client-auth'],
  ocsp_must_staple: ['must-staple'],
  data_encipherment: ['data-encipherment'],
  delegated_credentials: ['delegated-credentials'],
  kdc_smart_card: null,
  some_ssl: null,
  secure_email_eku: null,
  http_signed_exchange: null,
};

/** From then on the vendor's public certificates are for servers alone. */
const END_OF_CLIENT_AUTH = Date.UTC(2027, 2, 1);

/** Hashes over which this product's issuers sign; the usual one first. */
export function signatureHashes({ context }: World, product: Product | null): SignatureHash[] {
  const offered = (product?.issuers ?? []).flatMap((name) => context.issuers.get(name)?.offers?.signatureHashes ?? []);
  return [...new Set<SignatureHash>(['sha256', ...offered])];
}

/**
 * What `signature_hash` and `profile_option` ask of the issuer; null where that is nothing.
 * @throws VendorError `invalid_signature_hash`, `invalid_value:certificate.profile_option`
 */
export function readWishes(
  world: World,
  { signature_hash: hash = 'sha256', profile_option: option }: CertificateBody,
  product: Product | null,
): CertificateWishes | null {
  const known = signatureHashes(world, product);
  const signatureHash = known.find((one) => one === hash.toLowerCase().replace('-', ''));
  if (signatureHash === undefined) {
    const message = `certificate.signature_hash must be one of ${known.join(', ')}.`;
    throw new VendorError(400, 'invalid_signature_hash', message);
  }
  const extras = option === undefined ? [] : extrasOf(option, product, world.context.clock.now());
  if (signatureHash === 'sha256' && extras.length === 0) return null;
  return { extras, signatureHash: signatureHash === 'sha256' ? null : signatureHash };
}

function extrasOf(option: ProfileOption, product: Product | null, now: Instant): Extra[] {
  const parameter = 'certificate.profile_option';
  const extras = PROFILES[option];
  if (extras === null) throw invalidParameter(parameter, 'No issuer of this installation has such a profile');
  const left = withoutEnded(extras, product, now);
  if (left.length === extras.length) return left;
  throw invalidParameter(parameter, 'Since 2027-03-01 certificates of public products are for servers alone');
}

/** What may still be asked for at this moment. */
export function withoutEnded(extras: readonly Extra[], product: Product | null, now: Instant): Extra[] {
  const ended = now >= END_OF_CLIENT_AUTH && product?.privateNames !== true;
  return extras.filter((extra) => !(ended && extra === 'client-auth'));
}
