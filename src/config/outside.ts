import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Violation } from '../core/errors.ts';
import { complaint, place } from './complaints.ts';
import type { AcmeIssuerConfig } from './issuer-schema.ts';
import type { ResponderConfig } from './responder-schema.ts';
import type { Settings } from './schema.ts';

/** Where a configuration comes from: its text and file, the folder that paths are relative to, and the environment. */
export interface Source {
  text: string;
  file: string | undefined;
  base: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The CAs outside and the responders that answer their challenges, with their secrets and files.
 * @throws DeskError `invalid-value`: one violation for each secret or file that is missing, and each challenge that
 * nothing would answer
 */
export function outsideOf(
  settings: Settings,
  source: Source,
): { issuers: Record<string, AcmeIssuerConfig>; responder: ResponderConfig } {
  const violations: Violation[] = [];
  const complain = (path: readonly PropertyKey[], message: string): void => {
    violations.push({ field: place(source.text, source.file, path), message: `${path.join('.')} ${message}` });
  };
  const responder = responderOf(settings, source, complain);
  const issuers = Object.fromEntries(
    Object.keys(settings.issuers).map((name) => [name, issuerOf(settings, name, responder, source, complain)]),
  );
  if (violations.length > 0) throw complaint(violations);
  return { issuers, responder };
}

type Complain = (path: readonly PropertyKey[], message: string) => void;

function responderOf({ responder }: Settings, { environment }: Source, complain: Complain): ResponderConfig {
  const { http = null, tlsAlpn = null, dns = null, rfc2136, dnsWebhook } = responder;
  const secretFor = (part: 'rfc2136' | 'dnsWebhook', variable: string): string => {
    const secret = environment[variable] || '';
    if (secret === '') complain(['responder', part], `needs a secret: set ${variable} in the environment`);
    return secret;
  };
  return {
    http,
    tlsAlpn,
    dns,
    rfc2136: rfc2136 === undefined ? null : { ...rfc2136, secret: secretFor('rfc2136', 'CHANCERY_TSIG_SECRET') },
    dnsWebhook:
      dnsWebhook === undefined
        ? null
        : { ...dnsWebhook, secret: secretFor('dnsWebhook', 'CHANCERY_DNS_WEBHOOK_SECRET') },
  };
}

/** Parts of `[responder]` of which one must be there for a way of validation. */
const ANSWERED_BY = {
  'http-01': ['http'],
  'tls-alpn-01': ['tlsAlpn'],
  'dns-01': ['dns', 'rfc2136', 'dnsWebhook'],
} as const;

function issuerOf(
  settings: Settings,
  name: string,
  responder: ResponderConfig,
  source: Source,
  complain: Complain,
): AcmeIssuerConfig {
  const { profile, preferredChain, eabKeyId, trustedCa, ...rest } = settings.issuers[
    name
  ] as Settings['issuers'][string];
  for (const challenge of rest.challenges) {
    const parts = ANSWERED_BY[challenge];
    if (parts.some((part) => responder[part] !== null)) continue;
    const wanted = parts.map((part) => `responder.${part}`).join(' or ');
    complain(['issuers', name, 'challenges'], `names ${challenge}, which nothing answers: configure ${wanted}`);
  }
  return {
    ...rest,
    name,
    profile: profile ?? null,
    preferredChain: preferredChain ?? null,
    externalAccount: eabKeyId === undefined ? null : { keyId: eabKeyId, key: eabKeyOf(name, source, complain) },
    trustedCa: trustedCa === undefined ? null : pemOf(name, resolve(source.base, trustedCa), complain),
  };
}

function eabKeyOf(name: string, { environment }: Source, complain: Complain): string {
  const variable = `CHANCERY_EAB_${name.toUpperCase().replaceAll('-', '_')}`;
  const key = environment[variable] || '';
  if (!/^[A-Za-z0-9_-]+=*$/.test(key)) {
    complain(['issuers', name, 'eabKeyId'], `needs its key: set ${variable} in the environment, base64url`);
  }
  return key;
}

function pemOf(name: string, file: string, complain: Complain): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
    complain(['issuers', name, 'trustedCa'], `names ${file}, which holds no certificate in PEM`);
  } catch {
    complain(['issuers', name, 'trustedCa'], `names ${file}, which cannot be read; check the path and its mode`);
  }
  return '';
}
