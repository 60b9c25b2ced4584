import { certificate, given, type Parameter } from './parameter.ts';

const withoutTerm = { order_validity: undefined };

/** What an order says of its certificate and its term. */
export const CERTIFICATE_PARAMETERS: readonly Parameter[] = [
  {
    name: 'certificate',
    give: () => ({}),
    found: ({ info }, { domain }) => [info.certificate.common_name, domain],
    bad: [
      [given({ certificate: null }), 'missing_value:certificate'],
      [given({ certificate: 'text' }), 'invalid_value:certificate'],
      [given({ certificate: [] }), 'invalid_value:certificate'],
    ],
  },
  {
    name: 'certificate.common_name',
    give: ({ domain }) => ({ certificate: { common_name: `WWW.${domain.toUpperCase()}` } }),
    found: ({ info }, { domain }) => [info.certificate.common_name, `www.${domain}`],
    bad: [
      [certificate({ common_name: '' }), 'missing_value:certificate.common_name'],
      [certificate({ common_name: 7 }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: 'no domain' }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: '192.0.2.1' }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: '*.test' }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: 'a'.repeat(301) }), 'invalid_value:certificate.common_name'],
    ],
  },
  {
    name: 'certificate.dns_names',
    give: ({ domain }) => ({ certificate: { dns_names: [`b.${domain}`, `*.${domain}`, domain] } }),
    found: ({ info }, { domain }) => [info.certificate.dns_names, [domain, `b.${domain}`, `*.${domain}`]],
    bad: [
      [certificate({ dns_names: 'b.test' }), 'invalid_value:certificate.dns_names'],
      [certificate({ dns_names: ['b.test', 'a b'] }), 'invalid_value:certificate.dns_names[1]'],
      [
        certificate({ dns_names: Array.from({ length: 251 }, (_, n) => `n${n}.test`) }),
        'invalid_value:certificate.dns_names',
      ],
      [
        ({ domain }) => ({ certificate: { dns_names: Array.from({ length: 250 }, (_, n) => `n${n}.${domain}`) } }),
        'invalid_value:certificate.dns_names',
      ],
    ],
  },
  {
    name: 'certificate.csr',
    give: () => ({}),
    found: ({ info }) => [info.certificate.csr.startsWith('-----BEGIN CERTIFICATE REQUEST-----\r\n'), true],
    bad: [
      [certificate({ csr: '' }), 'missing_value:certificate.csr'],
      [certificate({ csr: 'nonsense' }), 'csr_invalid_cannot_parse'],
      [certificate({ csr: 'MIIB' }), 'csr_invalid_cannot_parse'],
      [certificate({ csr: { pem: 1 } }), 'invalid_value:certificate.csr'],
    ],
  },
  {
    name: 'certificate.signature_hash',
    give: certificate({ signature_hash: 'sha384' }),
    found: ({ info }) => [info.certificate.signature_hash, 'sha384'],
    bad: [
      [certificate({ signature_hash: 'sha1' }), 'invalid_signature_hash'],
      [certificate({ signature_hash: 'sha3-256' }), 'invalid_signature_hash'],
      [certificate({ signature_hash: 256 }), 'invalid_value:certificate.signature_hash'],
    ],
  },
  {
    name: 'certificate.organization_units',
    give: certificate({ organization_units: ['Sales'] }),
    found: ({ info, request }) => [
      [info.certificate.organization_units, request.subject.department],
      [['Sales'], undefined],
    ],
    bad: [[certificate({ organization_units: 'Sales' }), 'invalid_value:certificate.organization_units']],
  },
  {
    name: 'certificate.server_platform.id',
    give: certificate({ server_platform: { id: 45 } }),
    found: ({ info }) => [
      [info.certificate.server_platform.id, info.certificate.server_platform.name],
      [45, 'nginx'],
    ],
    bad: [
      [certificate({ server_platform: { id: 'nginx' } }), 'invalid_value:certificate.server_platform.id'],
      [certificate({ server_platform: 2 }), 'invalid_value:certificate.server_platform'],
    ],
  },
  {
    name: 'certificate.cert_validity.years',
    give: certificate({ cert_validity: { years: 1 } }),
    found: ({ info }) => [info.certificate.cert_validity, { years: 1 }],
    bad: [
      [certificate({ cert_validity: { years: 2 } }), 'invalid_value:certificate.cert_validity.years'],
      [certificate({ cert_validity: { years: 'one' } }), 'invalid_value:certificate.cert_validity.years'],
      [
        given({ order_validity: { days: 100 }, certificate: { cert_validity: { years: 1 } } }),
        'cert_validity_exceeds_order_validity',
      ],
    ],
  },
  {
    name: 'certificate.cert_validity.days',
    give: certificate({ cert_validity: { years: 1, days: 30 } }),
    found: ({ info }) => [
      [info.certificate.cert_validity, info.certificate.days_remaining],
      [{ days: 30 }, 30],
    ],
    bad: [
      [certificate({ cert_validity: { days: 201 } }), 'invalid_value:certificate.cert_validity.days'],
      [certificate({ cert_validity: { days: -1 } }), 'invalid_value:certificate.cert_validity.days'],
      [
        given({ order_validity: { days: 20 }, certificate: { cert_validity: { days: 21 } } }),
        'cert_validity_exceeds_order_validity',
      ],
    ],
  },
  {
    name: 'certificate.cert_validity.custom_expiration_date',
    give: certificate({ cert_validity: { days: 3, custom_expiration_date: '21 DEC 2026' } }),
    found: ({ info }) => [
      [info.certificate.cert_validity, info.certificate.valid_till],
      [{ custom_expiration_date: '21 DEC 2026' }, '2026-12-21'],
    ],
    bad: [
      [
        certificate({ cert_validity: { custom_expiration_date: '21 DEC 2027' } }),
        'invalid_value:certificate.cert_validity.custom_expiration_date',
      ],
      [
        certificate({ cert_validity: { custom_expiration_date: '21 DEC 2025' } }),
        'invalid_value:certificate.cert_validity.custom_expiration_date',
      ],
      [
        certificate({ cert_validity: { custom_expiration_date: '31 FEB 2027' } }),
        'invalid_value:certificate.cert_validity.custom_expiration_date',
      ],
      [
        given({
          order_validity: { days: 20 },
          certificate: { cert_validity: { custom_expiration_date: '31 DEC 2026' } },
        }),
        'cert_validity_exceeds_order_validity',
      ],
    ],
  },
  {
    name: 'certificate.profile_option',
    give: certificate({ profile_option: 'server_auth_only_eku' }),
    found: ({ info }) => [info.certificate.profile_option, 'server_auth_only_eku'],
    bad: [
      [certificate({ profile_option: 'anything' }), 'invalid_value:certificate.profile_option'],
      [certificate({ profile_option: 'kdc_smart_card' }), 'invalid_value:certificate.profile_option'],
      // The CSR has no RSA key.
      [certificate({ profile_option: 'data_encipherment' }), 'invalid_value:certificate.profile_option'],
    ],
  },
  {
    name: 'certificate.ca_cert_id',
    give: ({ caCertId }) => ({ certificate: { ca_cert_id: caCertId } }),
    found: ({ info, request }, { caCertId }) => [
      [info.certificate.ca_cert.id, request.extra['caCertId']],
      [caCertId, caCertId],
    ],
    bad: [[certificate({ ca_cert_id: 'ssl_securesite_pro' }), 'invalid_value:certificate.ca_cert_id']],
  },
  {
    name: 'order_validity.years',
    give: given({ order_validity: { years: 3 } }),
    found: ({ info }) => [
      [info.order_validity, info.validity_years, info.order_valid_till, info.is_multi_year_plan],
      [{ years: 3 }, 3, '2029-11-22', '1'],
    ],
    bad: [
      [given({ order_validity: { years: 4 } }), 'invalid_value:validity_years'],
      [given({ order_validity: { years: -1 } }), 'invalid_value:order_validity.years'],
      [given({ order_validity: { years: 1.5 } }), 'invalid_value:order_validity.years'],
      [given({ order_validity: {} }), 'missing_value:order_validity'],
      [given({ order_validity: null }), 'missing_value:order_validity'],
    ],
  },
  {
    name: 'order_validity.days',
    give: given({ order_validity: { years: 3, days: 300 } }),
    found: ({ info }) => [
      [info.order_validity, info.order_valid_till],
      [{ days: 300 }, '2027-09-18'],
    ],
    bad: [[given({ order_validity: { days: 1096 } }), 'invalid_value:validity_days']],
  },
  {
    name: 'order_validity.custom_expiration_date',
    give: given({ order_validity: { years: 3, days: 300, custom_expiration_date: '01 Mar 2028' } }),
    found: ({ info }) => [
      [info.order_validity, info.order_valid_till],
      [{ custom_expiration_date: '01 Mar 2028' }, '2028-03-01'],
    ],
    bad: [
      [given({ order_validity: { custom_expiration_date: '23 NOV 2029' } }), 'invalid_value:custom_expiration_date'],
      [given({ order_validity: { custom_expiration_date: '21 NOV 2026' } }), 'invalid_value:custom_expiration_date'],
      [given({ order_validity: { custom_expiration_date: 'soon' } }), 'invalid_value:custom_expiration_date'],
    ],
  },
  {
    name: 'validity_years',
    give: given({ ...withoutTerm, validity_years: 2 }),
    found: ({ info }) => [
      [info.order_validity, info.validity_years],
      [{ years: 2 }, 2],
    ],
    bad: [[given({ ...withoutTerm, validity_years: 5 }), 'invalid_value:validity_years']],
  },
  {
    name: 'validity_days',
    give: given({ ...withoutTerm, validity_years: 2, validity_days: '90' }),
    found: ({ info }) => [info.order_validity, { days: 90 }],
    bad: [[given({ ...withoutTerm, validity_days: 2000 }), 'invalid_value:validity_days']],
  },
  {
    name: 'custom_expiration_date',
    give: given({ ...withoutTerm, validity_years: 0, custom_expiration_date: '2027-03-01T00:00:00' }),
    found: ({ info }) => [
      [info.order_validity, info.order_valid_till],
      [{ custom_expiration_date: '2027-03-01T00:00:00' }, '2027-03-01'],
    ],
    bad: [
      [given({ ...withoutTerm, custom_expiration_date: '2031-01-01' }), 'invalid_value:custom_expiration_date'],
      [given({ ...withoutTerm, custom_expiration_date: '' }), 'missing_value:order_validity'],
    ],
  },
];
