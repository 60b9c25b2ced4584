import type { NameSight } from '../../core/ports.ts';
import type { Hostname, Website } from '../../core/records.ts';

const IN = 1;
const CAA = 257;
const SOA = 6;

/** What was seen of a domain, with this API's names; text is empty where nothing was found. */
export function domainStatusView(install: Website, { name }: Hostname, sight: NameSight): Record<string, unknown> {
  const { cname, a, aaaa, ns, mx, txt, soa, caa, dnsError, http, tls } = sight;
  const header = (type: number) => ({ Name: `${name}.`, Rrtype: type, Class: IN, Ttl: 0 });
  const addresses = [...a, ...aaaa];
  return {
    name,
    cname: cname ?? '',
    a_record: a[0] ?? '',
    aaaa_record: aaaa[0] ?? '',
    complete: true,
    result: resultOf(sight),
    dns_provider: providerOf(ns),
    dns_error: dnsError !== null,
    install_name: install.name,
    http_forwarded: http.location ?? '',
    http_error: http.error !== null,
    ns: ns.map((host) => ({ host })),
    mx: mx.map(({ host, preference }) => ({ Host: host, Pref: preference })),
    txt,
    soa: soa === null ? [] : [{ hdr: header(SOA), ...soa }],
    caa: caa.map(({ flags, tag, value }) => ({ hdr: header(CAA), flag: flags, tag, value })),
    ip: addresses,
    address: addresses,
    ...(tls === null
      ? {}
      : {
          ssl: {
            status: tls.problem === null ? 'verified' : 'unverified',
            issuer: tls.issuer,
            not_before: new Date(tls.notBefore).toISOString(),
            not_after: new Date(tls.notAfter).toISOString(),
            error: tls.problem ?? '',
            dns_names: tls.names,
            serial_number: tls.serial,
            common_name: tls.commonName ?? '',
            sans: tls.names,
          },
        }),
  };
}

function resultOf({ dnsError, http }: NameSight): string {
  if (dnsError !== null) return dnsError;
  return http.error ?? `status ${http.status}`;
}

/** The domain of the first name server. */
function providerOf([first = '']: readonly string[]): string {
  return first.replace(/\.$/, '').split('.').slice(-2).join('.');
}
