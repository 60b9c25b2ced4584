import type { CertificateRequest } from '../../../core/records.ts';
import { readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { type Problem, readAccount, writeAccount } from '../account-settings.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { accountNames, hostOf, virtualHosts } from '../websites.ts';
import { DIALECT } from '../world.ts';
import { automaticOf, checkAll, freeProduct, isAutomatic, isChecking, openRequests } from './autossl-orders.ts';
import { withDoubtsOfNow } from './autossl-proofs.ts';
import { domainList } from './csrs.ts';
import { domainsOf } from './records.ts';

/** AutoSSL: checks, their state and problems, and domains that are left out. */

export async function startAutosslCheck(call: Call): Promise<Answer> {
  if (freeProduct(call) === null) throw new CallFailure('The system has no AutoSSL provider.');
  await checkAll(call);
  return { data: null };
}

export async function isAutosslCheckInProgress(call: Call): Promise<Answer> {
  const { world, actor } = call;
  if (isChecking(await readAccount(world, actor), world.clock.now())) return { data: 1 };
  return { data: (await openRequests(call)).length > 0 ? 1 : 0 };
}

export async function getAutosslProblems(call: Call): Promise<Answer> {
  const problems = await problemsOf(call);
  const data = problems.map(({ domain, problem, at }) => ({ domain, problem, time: isoTime(at) }));
  return { data };
}

/** What the last check found, what open requests wait for, and why the newest of a website has failed. */
async function problemsOf(call: Call): Promise<Problem[]> {
  const { world, actor } = call;
  const { problems } = await readAccount(world, actor);
  const found = await withDoubtsOfNow(call, problems);
  const open = await openRequests(call);
  const waiting: Problem[] = [];
  for (const { id } of open) {
    for (const { domain, detail, state } of await world.store.find('validations', { requestId: id })) {
      if (state === 'waiting' && detail !== null) waiting.push({ domain, problem: detail, at: world.clock.now() });
    }
  }
  return [...found, ...waiting, ...(await failures(call, open))];
}

/** Requests looked back at. */
const LOOKED_BACK = 200;

async function failures(call: Call, open: readonly CertificateRequest[]): Promise<Problem[]> {
  const { accountId } = call.actor;
  const where = { accountId, dialect: DIALECT, state: ['completed', 'failed'] as const };
  const newest = { order: { field: 'id', descending: true }, limit: LOOKED_BACK } as const;
  const seen = new Set(open.map((request) => automaticOf(request)?.websiteId));
  const problems: Problem[] = [];
  for (const request of await call.world.store.find('requests', where, newest)) {
    const websiteId = automaticOf(request)?.websiteId;
    if (websiteId === undefined || seen.has(websiteId)) continue;
    seen.add(websiteId);
    if (request.state !== 'failed') continue;
    const problem = request.detail ?? 'The certificate could not be ordered.';
    problems.push(...request.names.map((domain) => ({ domain, problem, at: request.updatedAt })));
  }
  return problems;
}

/** `2018-06-07T05:30:09Z` */
function isoTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

export async function getAutosslExcludedDomains({ world, actor }: Call): Promise<Answer> {
  const { excludedDomains } = await readAccount(world, actor);
  return { data: excludedDomains.map((domain) => ({ excluded_domain: domain })) };
}

export async function addAutosslExcludedDomains(call: Call): Promise<Answer> {
  const added = await ownDomains(call, call.parameters.required('domains'));
  return exclude(call, (before) => [...new Set([...before, ...added])]);
}

/** In place of those before; without `domains` none is left out any more. */
export async function setAutosslExcludedDomains(call: Call): Promise<Answer> {
  const text = call.parameters.optional('domains');
  const wanted = text === undefined ? [] : await ownDomains(call, text);
  return exclude(call, () => wanted);
}

export async function removeAutosslExcludedDomains(call: Call): Promise<Answer> {
  const removed = await ownDomains(call, call.parameters.required('domains'));
  return exclude(call, (before) => before.filter((domain) => !removed.includes(domain)));
}

/** @throws CallFailure that names every domain which the account does not serve */
async function ownDomains(call: Call, text: string): Promise<string[]> {
  const wanted = domainList(call, text);
  const served = new Set(await accountNames(call));
  const foreign = wanted.filter((domain) => !served.has(domain));
  if (foreign.length === 0) return wanted;
  throw new CallFailure(
    foreign.map((domain) => `The user “${call.actor.handle}” does not own the domain “${domain}”.`),
  );
}

async function exclude(call: Call, change: (before: string[]) => string[]): Promise<Answer> {
  const settings = await writeAccount(call.world, call.actor, (before) => ({
    ...before,
    excludedDomains: change(before.excludedDomains),
  }));
  await stopThoseWith(call, settings.excludedDomains);
  return { data: null };
}

/** A certificate that goes on by itself would go on with the names left out: the next check orders one without. */
async function stopThoseWith(call: Call, excluded: readonly string[]): Promise<void> {
  for (const { website } of await virtualHosts(call)) {
    if (website.certificateId === null || !(await isAutomatic(call, website))) continue;
    const certificate = await call.world.store.get('certificates', website.certificateId);
    if (certificate === null || certificate.orderId === null) continue;
    const domains = domainsOf(readCertificateDetails(certificate.der));
    if (!domains.some((domain) => excluded.includes(domain))) continue;
    await call.world.desk.changeOrder(call.actor, certificate.orderId, { autoRenew: false, autoReissue: false });
  }
}

/** SSL::get_autossl_renewal_status */
export async function getAutosslRenewalStatus(call: Call): Promise<Answer> {
  const { host, domain } = await hostOf(call, call.parameters.required('domain'));
  const [{ excludedDomains }, problems] = await Promise.all([readAccount(call.world, call.actor), problemsOf(call)]);
  const isExcluded = excludedDomains.includes(domain);
  const hasProblems = problems.some((one) => one.domain === domain);
  const isActive = await isAutomatic(call, host.website);
  const willRenew = !isExcluded && !hasProblems && isActive;
  return {
    data: {
      has_problems: hasProblems ? 1 : 0,
      is_active: isActive ? 1 : 0,
      is_excluded: isExcluded ? 1 : 0,
      will_renew: willRenew ? 1 : 0,
    },
  };
}
