import type { Answer, UapiFunction, UapiModule } from '../call.ts';
import * as autossl from './autossl.ts';
import * as certs from './certs.ts';
import * as csrs from './csrs.ts';
import { keepDelivered } from './delivered.ts';
import * as fetch from './fetch.ts';
import * as hosts from './hosts.ts';
import { deleteSsl, installSsl } from './install.ts';
import { listSslItems } from './items.ts';
import * as keys from './keys.ts';
import * as mailSni from './mail-sni.ts';
import { canSslRedirect, toggleSslRedirect } from './redirects.ts';

/** What orders have brought is there before the function looks. */
const delivered =
  (func: UapiFunction): UapiFunction =>
  async (call) => {
    await keepDelivered(call);
    return func(call);
  };

const always = (data: unknown) => async (): Promise<Answer> => ({ data });

/** Functions of the module SSL. */
export const ssl: UapiModule = {
  generate_key: keys.generateKey,
  upload_key: keys.uploadKey,
  list_keys: keys.listKeys,
  show_key: keys.showKey,
  delete_key: keys.deleteKey,
  set_key_friendly_name: keys.setKeyFriendlyName,
  set_default_key_type: keys.setDefaultKeyType,
  find_certificates_for_key: delivered(keys.findCertificatesForKey),
  find_csrs_for_key: keys.findCsrsForKey,
  generate_csr: csrs.generateCsr,
  list_csrs: csrs.listCsrs,
  show_csr: csrs.showCsr,
  delete_csr: csrs.deleteCsr,
  set_csr_friendly_name: csrs.setCsrFriendlyName,
  generate_cert: certs.generateCert,
  upload_cert: certs.uploadCert,
  list_certs: delivered(certs.listCerts),
  show_cert: delivered(certs.showCert),
  delete_cert: delivered(certs.deleteCert),
  set_cert_friendly_name: delivered(certs.setCertFriendlyName),
  list_ssl_items: delivered(listSslItems),
  fetch_cert_info: delivered(fetch.fetchCertInfo),
  fetch_best_for_domain: delivered(fetch.fetchBestForDomain),
  fetch_certificates_for_fqdns: delivered(fetch.fetchCertificatesForFqdns),
  fetch_key_and_cabundle_for_certificate: delivered(fetch.fetchKeyAndCabundleForCertificate),
  get_cabundle: delivered(fetch.getCabundle),
  install_ssl: installSsl,
  delete_ssl: deleteSsl,
  installed_host: hosts.installedHostOf,
  installed_hosts: hosts.installedHosts,
  set_primary_ssl: hosts.setPrimarySsl,
  get_cn_name: hosts.getCnName,
  start_autossl_check: autossl.startAutosslCheck,
  is_autossl_check_in_progress: autossl.isAutosslCheckInProgress,
  get_autossl_problems: autossl.getAutosslProblems,
  get_autossl_excluded_domains: autossl.getAutosslExcludedDomains,
  add_autossl_excluded_domains: autossl.addAutosslExcludedDomains,
  set_autossl_excluded_domains: autossl.setAutosslExcludedDomains,
  remove_autossl_excluded_domains: autossl.removeAutosslExcludedDomains,
  get_autossl_renewal_status: autossl.getAutosslRenewalStatus,
  can_ssl_redirect: canSslRedirect,
  toggle_ssl_redirect_for_domains: toggleSslRedirect,
  mail_sni_status: mailSni.mailSniStatus,
  enable_mail_sni: mailSni.enableMailSni,
  disable_mail_sni: mailSni.disableMailSni,
  rebuild_mail_sni_config: mailSni.rebuildMailSniConfig,
  is_mail_sni_supported: always(1),
  is_sni_supported: always(1),
  // No certificate of the system's is shared with accounts.
  check_shared_cert: always(0),
  // What is listed is read from the records themselves: there is nothing to rebuild.
  rebuildssldb: always(null),
};
