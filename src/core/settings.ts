import type { AccountSettings } from './records.ts';

/** How a new account works: no approvals, everything else as plain as it can be. */
export const DEFAULT_SETTINGS: AccountSettings = {
  approval: 'none',
  twoPeople: false,
  uniqueAlternativeIds: false,
  guestAccess: true,
  guestAccessByDefault: false,
  multiYear: true,
  issuerChoice: false,
  withoutTransparency: false,
  revokingEndsOrder: false,
  domainScope: 'base',
};
