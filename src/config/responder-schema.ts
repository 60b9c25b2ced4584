import { z } from 'zod';
import { cidr, hostAndPort, hostName, keyName, seconds, whole } from './schema-parts.ts';

const dns = z
  .strictObject({
    listen: hostAndPort.describe('Where it answers, UDP and TCP; usually port 53.'),
    zone: hostName.describe(
      'The zone that it is the authority for. Names delegate `_acme-challenge` into it by CNAME.',
    ),
    nameServers: z
      .array(hostName)
      .default([])
      .describe('Names of its name servers, as the parent zone delegates to them. Default: `ns1.` and the zone.'),
    addresses: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .default([])
      .describe('Public addresses, given for those of the name servers that lie in the zone.'),
  })
  .optional();

const rfc2136 = z
  .strictObject({
    server: hostAndPort.describe('Primary name server that takes updates.'),
    zones: z.array(hostName).min(1).describe('Zones that it may change there.'),
    keyName: keyName.describe('Name of the TSIG key. Its secret is `CHANCERY_TSIG_SECRET`, base64.'),
    algorithm: z
      .enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'])
      .default('hmac-sha256')
      .describe('Algorithm of the TSIG key.'),
    ttl: whole(60, 0, 86_400).describe('TTL of the records, seconds.'),
    timeout: seconds(10, 60).describe('Seconds to wait for its answer.'),
    propagation: seconds(60, 600).describe('Seconds until its secondaries answer the same, at most.'),
  })
  .optional();

const dnsWebhook = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .describe('Is sent each TXT record to be published or taken down, signed with `CHANCERY_DNS_WEBHOOK_SECRET`.'),
    zones: z.array(hostName).default([]).describe('Zones that it can change. Default: every name.'),
    allowedRanges: z.array(cidr).default([]).describe('Internal address ranges in which it may lie.'),
    timeout: seconds(30, 300).describe('Seconds to wait for its answer, which comes once the record can be seen.'),
  })
  .optional();

/** `[responder]`: where challenges of outside CAs are answered. */
export const responderSchema = z
  .strictObject({
    http: hostAndPort
      .optional()
      .describe(
        'Where http-01 challenges are answered, over plain HTTP; port 80 of the names must lead there. Validation files of names that are hosted here are served there as well.',
      ),
    tlsAlpn: hostAndPort
      .optional()
      .describe('Where tls-alpn-01 challenges are answered; port 443 of the names must lead there.'),
    dns: dns.describe('A small DNS server for delegated `_acme-challenge` names.'),
    rfc2136: rfc2136.describe('Updates to a name server (RFC 2136, signed by RFC 8945).'),
    dnsWebhook: dnsWebhook.describe('A program of the operator that changes the DNS.'),
  })
  .prefault({});

type Written = z.infer<typeof responderSchema>;
type Given<K extends keyof Written> = Readonly<NonNullable<Written[K]>>;

/** What is not configured is null. */
export interface ResponderConfig {
  readonly http: Given<'http'> | null;
  readonly tlsAlpn: Given<'tlsAlpn'> | null;
  readonly dns: Given<'dns'> | null;
  /** `secret` is base64. */
  readonly rfc2136: (Given<'rfc2136'> & { readonly secret: string }) | null;
  readonly dnsWebhook: (Given<'dnsWebhook'> & { readonly secret: string }) | null;
}
