/** What the functions of the module SSL take, for the description. `*` marks what must be there. */

type Table = Readonly<Record<string, string>>;

const ITEM: Table = {
  id: 'One of id and friendly_name must be there.',
  friendly_name: 'Where both are, they must agree.',
};
const NEW_NAME: Table = { 'new_friendly_name*': 'Free among records of its kind.' };
const NAME: Table = { friendly_name: 'Free among records of its kind; made from its contents where it is missing.' };
const DOMAIN: Table = { 'domain*': 'A domain that a website of the account serves.' };
const DOMAINS: Table = { 'domains*': 'Domains of the account, apart by commas.' };
const MAIL_DOMAINS: Table = { 'domains*': 'Domains of the account, apart by |.' };
const CERTIFICATE = 'PEM; what stands above it may follow.';
const ASK: Table = {
  'domains*': 'Apart by commas; the first one is the common name.',
  'key_id*': 'Of a key of the account.',
  'countryName*': 'ISO 3166-1, two letters.',
  'stateOrProvinceName*': '',
  'localityName*': '',
  'organizationName*': '',
  organizationalUnitName: '',
  emailAddress: '',
  ...NAME,
};

export const SSL_ARGUMENTS: Readonly<Record<string, Table>> = {
  generate_key: {
    keytype: 'system, rsa-2048, rsa-4096, ecdsa-prime256v1 or ecdsa-secp384r1.',
    keysize: '2048 or 4096; not beside keytype.',
    ...NAME,
  },
  upload_key: { 'key*': 'PEM, not encrypted. The part of multipart uploads may be called crt.', ...NAME },
  show_key: ITEM,
  delete_key: ITEM,
  set_key_friendly_name: { ...ITEM, ...NEW_NAME },
  set_default_key_type: { 'type*': 'As keytype of generate_key.' },
  find_certificates_for_key: ITEM,
  find_csrs_for_key: ITEM,
  generate_csr: ASK,
  show_csr: ITEM,
  delete_csr: ITEM,
  set_csr_friendly_name: { ...ITEM, ...NEW_NAME },
  generate_cert: ASK,
  upload_cert: { 'crt*': CERTIFICATE, ...NAME },
  show_cert: ITEM,
  delete_cert: ITEM,
  set_cert_friendly_name: { ...ITEM, ...NEW_NAME },
  list_ssl_items: { item: 'key, csr, crt; may repeat. Keys where it is missing.', domains: 'May repeat.' },
  fetch_cert_info: ITEM,
  fetch_best_for_domain: { 'domain*': 'A name that the certificate has to stand for.' },
  fetch_certificates_for_fqdns: { 'domains*': 'Names, apart by commas.' },
  fetch_key_and_cabundle_for_certificate: { 'certificate*': 'PEM.' },
  get_cabundle: { 'cert*': 'PEM.' },
  install_ssl: {
    ...DOMAIN,
    'cert*': CERTIFICATE,
    'key*': 'PEM.',
    cabundle: 'PEM, in any order.',
  },
  delete_ssl: DOMAIN,
  installed_host: {
    domain: 'The first website with a certificate where it is missing.',
    verify_certificate: '1 or 0.',
  },
  set_primary_ssl: { 'servername*': 'Of a website with a certificate.' },
  get_cn_name: {
    'domain*': 'A domain, an e-mail address, or the user.',
    'service*': 'cpanel, imap, pop3 or smtp.',
    add_mail_subdomain: '1 or 0.',
  },
  add_autossl_excluded_domains: DOMAINS,
  set_autossl_excluded_domains: { domains: 'None are left out where it is missing.' },
  remove_autossl_excluded_domains: DOMAINS,
  get_autossl_renewal_status: DOMAIN,
  toggle_ssl_redirect_for_domains: { ...DOMAINS, 'state*': '1 or 0.' },
  mail_sni_status: DOMAIN,
  enable_mail_sni: MAIL_DOMAINS,
  disable_mail_sni: MAIL_DOMAINS,
  rebuild_mail_sni_config: { reload_dovecot: '1 or 0.' },
};
