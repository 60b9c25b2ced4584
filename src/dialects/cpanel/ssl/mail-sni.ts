import { type Answer, type Call, CallFailure } from '../call.ts';
import { hostOf } from '../websites.ts';

/** SNI for mail: always on, as the vendor has it since it cannot be switched off any more. */

const ALWAYS = 'Mail SNI is always enabled.';

export async function mailSniStatus(call: Call): Promise<Answer> {
  await hostOf(call, call.parameters.required('domain'));
  return { data: { enabled: 1 } };
}

export async function enableMailSni(call: Call): Promise<Answer> {
  const domains = await ownDomains(call);
  const updated = Object.fromEntries(domains.map((domain) => [domain, 1]));
  return { data: { failed_domains: {}, updated_domains: updated }, warnings: [ALWAYS] };
}

export async function disableMailSni(call: Call): Promise<Answer> {
  const domains = await ownDomains(call);
  const failed = Object.fromEntries(domains.map((domain) => [domain, ALWAYS]));
  throw new CallFailure(ALWAYS, { failed_domains: failed, updated_domains: {} });
}

/** Apart by `|`. */
async function ownDomains(call: Call): Promise<string[]> {
  const parts = call.parameters.required('domains').split(/[|,\s]+/);
  const domains = parts.filter((part) => part !== '');
  for (const domain of domains) await hostOf(call, domain);
  return domains;
}

export async function rebuildMailSniConfig(call: Call): Promise<Answer> {
  call.parameters.flag('reload_dovecot', true);
  return { data: { success: 1 }, warnings: [ALWAYS] };
}
