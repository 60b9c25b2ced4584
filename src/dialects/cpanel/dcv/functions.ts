import type { UapiModule } from '../call.ts';
import { checkDomainsViaDns } from './dns.ts';
import { checkDomainsViaHttp, ensureDomainsCanPassDcv } from './http.ts';

/** Functions of the module DCV. */
export const dcv: UapiModule = {
  check_domains_via_http: checkDomainsViaHttp,
  check_domains_via_dns: checkDomainsViaDns,
  ensure_domains_can_pass_dcv: ensureDomainsCanPassDcv,
};
