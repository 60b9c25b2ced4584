import { ACCOUNTS } from './accounts.ts';
import { CERTIFICATES } from './certificates.ts';
import { DOMAINS } from './domains.ts';
import type { Endpoint } from './endpoint.ts';
import { INSTALLS } from './installs.ts';
import { SITES } from './sites.ts';
import { STATUS } from './status.ts';
import { VERIFICATION } from './verification.ts';

/** Every call that is served; `README.md` lists those that are not. `/swagger` describes them. */
export const ENDPOINTS: readonly Endpoint[] = [
  STATUS,
  ...ACCOUNTS,
  ...SITES,
  ...INSTALLS,
  ...DOMAINS,
  ...VERIFICATION,
  ...CERTIFICATES,
];
