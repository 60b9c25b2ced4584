import { z } from 'zod';

/** What is answered, by the vendor's names of its schemas; in tests every answer is held against them. */

const uuid = z.string();
const time = z.string();
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);
const reference = z.strictObject({ id: uuid });
const environment = z.enum(['production', 'staging', 'development']);

export const failure = z.strictObject({
  message: z.string(),
  documentation_url: z.string().optional(),
  errors: z
    .array(
      z.strictObject({
        resource: z.string(),
        field: z.string(),
        type: z.enum(['invalid_value', 'access_error', 'value_unavailable']),
        code: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});

export const status = z.strictObject({ success: z.boolean(), created_on: time });

export const user = z.strictObject({
  id: uuid,
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  email: z.string(),
  phone_number: nullable(z.string()),
});

export const account = z.strictObject({ id: uuid, name: z.string(), nickname: z.string() });

const brief = {
  id: uuid,
  name: z.string(),
  environment: nullable(environment),
  cname: z.string(),
  php_version: nullable(z.string()),
  is_multisite: nullable(z.boolean()),
};

export const site = z.strictObject({
  id: uuid,
  name: z.string(),
  account: reference,
  group_name: nullable(z.string()),
  tags: z.array(z.string()),
  created_at: time,
  sandbox: z.boolean(),
  transferable: z.boolean(),
  installs: z.array(z.strictObject(brief)),
});

const listedInstall = {
  id: uuid,
  name: z.string(),
  cname: z.string(),
  stable_ips: nullable(z.array(z.string())),
  status: z.enum(['active', 'pending']),
  account: reference,
  php_version: nullable(z.string()),
  site: nullable(reference),
  environment: nullable(environment),
  primary_domain: nullable(z.string()),
  is_multisite: nullable(z.boolean()),
  created_at: time,
};
export const installInList = z.strictObject(listedInstall);
export const install = z.strictObject({
  ...listedInstall,
  wp_version: nullable(z.string()),
  defer_wordpress_upgrades_until: nullable(z.string()),
});

const named = z.strictObject({ id: uuid, name: z.string() });

const proof = {
  txt_verified_time: nullable(time),
  txt_verified_domain: nullable(z.string()),
  txt_verification_key: nullable(z.string()),
  txt_verification_value: nullable(z.string()),
};

const ownership = z.enum(['TXT_VERIFIED', 'TXT_VERIFICATION_PENDING']);

export const domain = z.strictObject({
  name: z.string(),
  duplicate: z.boolean(),
  id: uuid,
  primary: z.boolean(),
  network_type: z.literal('LEGACY'),
  network_details: z.strictObject({
    dns_config_info: z.strictObject({ cname: z.string(), a_records: z.array(z.string()) }),
    network_info: z.strictObject({ status: z.string(), ssl: z.strictObject({ status: z.string() }) }),
  }),
  redirects_to: z.array(named).optional(),
  secure_all_urls: z.boolean(),
  ...proof,
  ownership_status: ownership,
});

export const domainOrRedirect = z.strictObject({
  id: uuid,
  name: z.string(),
  duplicate: z.boolean(),
  primary: z.boolean(),
  redirects_to: named.optional(),
  ...proof,
  ownership_status: ownership,
});

export const addedDomains = z.strictObject({ domains: z.array(domainOrRedirect) });
export const verification = z.strictObject({ id: uuid, name: z.string(), ...proof });
export const reportId = z.strictObject({ report_id: uuid });

const header = z.strictObject({ Name: z.string(), Rrtype: z.int(), Class: z.int(), Ttl: z.int() });

export const domainStatus = z.strictObject({
  name: z.string(),
  cname: z.string(),
  a_record: z.string(),
  aaaa_record: z.string(),
  complete: z.boolean(),
  result: z.string(),
  dns_provider: z.string(),
  dns_error: z.boolean(),
  install_name: z.string(),
  http_forwarded: z.string(),
  http_error: z.boolean(),
  ns: z.array(z.strictObject({ host: z.string() })),
  mx: z.array(z.strictObject({ Host: z.string(), Pref: z.int() })),
  txt: z.array(z.string()),
  soa: z.array(
    z.strictObject({
      hdr: header,
      ns: z.string(),
      mbox: z.string(),
      serial: z.int(),
      refresh: z.int(),
      retry: z.int(),
      expire: z.int(),
      minttl: z.int(),
    }),
  ),
  caa: z.array(z.strictObject({ hdr: header, flag: z.int(), tag: z.string(), value: z.string() })),
  ip: z.array(z.string()),
  address: z.array(z.string()),
  ssl: z
    .strictObject({
      status: z.string(),
      issuer: z.string(),
      not_before: time,
      not_after: time,
      error: z.string(),
      dns_names: z.array(z.string()),
      serial_number: z.string(),
      common_name: z.string(),
      sans: z.array(z.string()),
    })
    .optional(),
});

export const report = z.strictObject({
  report: z.strictObject({
    complete: z.boolean(),
    id: uuid,
    install_name: z.string(),
    install_ip: z.string(),
    admin: z.boolean(),
    domains: z.array(domainStatus),
  }),
});

export const certificate = z.strictObject({
  id: z.int(),
  account: z.string(),
  auto_renew: z.boolean(),
  auth_file: z.string().optional(),
  approver_email: z.string().optional(),
  common_name: z.string(),
  cancel_time: time.optional(),
  cert_source: z.enum(['THIRD_PARTY', 'LETS_ENCRYPT']),
  ordered_time: time,
  wildcard: z.boolean(),
  domains: z.array(z.string()),
  status: z.enum(['ENABLED', 'DISABLED', 'EXPIRED', 'CANCELED', 'REJECTED', 'SUBMITTED']),
  approved_time: time.optional(),
  expires_time: time.optional(),
  serial_number: z.string().optional(),
});

export const domainCertificate = z.strictObject({
  cert_name: z.string(),
  cert_info: z.strictObject({ key: z.string(), cert: z.string() }).optional(),
  certificate,
  criteria: z.string(),
});

export const certificates = z.strictObject({
  certificates: z.array(certificate),
  next_page_token: z.string().optional(),
});

export const imported = z.strictObject({ certificate: z.string(), private_key: z.string() });

/** A page of results. */
export function pageOf(result: z.ZodType) {
  return z.strictObject({
    previous: nullable(z.string()),
    next: nullable(z.string()),
    count: z.int(),
    results: z.array(result),
  });
}
