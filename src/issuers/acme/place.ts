import type { IssueAsk, IssueResult } from '../../core/ports.ts';
import { HOUR } from '../../core/time.ts';
import { readCertificateDetails } from '../../pki/certificate-reader.ts';
import { textsOf } from '../../pki/extensions.ts';
import { bucketsOfOrder, domainOf } from './counted.ts';
import { challengesFor, identifierOf, sameNames } from './identifiers.ts';
import { PLACE_HOLDS } from './limits.ts';
import type { AcmeOrder } from './objects.ts';
import { AcmeError, type Problem } from './problems.ts';
import type { Progress } from './progress.ts';
import { certIdOf } from './renewal-info.ts';
import { accountOf, goOn, hostOf, later, type StepWorld } from './step.ts';

/** Makes the order at the CA, when its limits leave room. */
export async function place(world: StepWorld, ask: IssueAsk, progress: Progress): Promise<IssueResult> {
  const { clock, client, places, settings } = world;
  const closed = await places.closedUntil(settings.name, scopesOf(world, ask));
  if (closed !== null) return later(world, { ...progress, placed: null }, closed, `${hostOf(world)} asks to wait`);
  const unanswerable = await nameWithoutWay(world, ask.names);
  if (unanswerable !== null) {
    return { kind: 'refused', message: `Nothing here can answer a challenge for ${unanswerable}` };
  }
  const replaced = progress.withoutReplaces ? null : await replacedBy(world, ask);
  if (progress.placed === null || clock.now() > progress.placed + PLACE_HOLDS) {
    const how = { byHint: replaced !== null, sameNames: replacesSameNames(ask) };
    const taken = await places.take(bucketsOfOrder(world.counted, ask, how));
    if (!taken.taken) {
      const message = `The limits of ${hostOf(world)} leave no room for now`;
      return { kind: 'unavailable', message, until: taken.until };
    }
    if (taken.at > clock.now()) return goOn({ ...progress, placed: taken.at }, taken.at);
  }
  await checkProfile(world);
  const account = await accountOf(world);
  const identifiers = ask.names.map(identifierOf);
  let order: AcmeOrder;
  try {
    order = await client.newOrder(account, { identifiers, profile: settings.profile, replaces: replaced });
  } catch (error) {
    if (replaced === null || !isAboutReplacing(error)) throw error;
    // RFC 9773 §5: ordered again as if it replaced nothing, which is counted differently.
    return goOn({ ...progress, withoutReplaces: true, placed: null }, clock.now());
  }
  const ordered = order.identifiers.map(({ value }) => value);
  if (!sameNames(ordered, ask.names)) throw new AcmeError('The CA made an order for other names than asked for');
  const began = { ...progress, stage: 'prove' as const, order: order.url, placed: null, since: clock.now() };
  return goOn(began, clock.now());
}

async function nameWithoutWay({ board, settings }: StepWorld, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const ways = await board.ways(name);
    if (!challengesFor(name, settings.challenges).some((type) => ways.includes(type))) return name;
  }
  return null;
}

/** What the new certificate takes the place of, where the CA can be told (RFC 9773 §5). */
async function replacedBy({ transport }: StepWorld, { replaces }: IssueAsk): Promise<string | null> {
  if (replaces === null || (await transport.directory()).renewalInfo === null) return null;
  return certIdOf(replaces);
}

function replacesSameNames({ replaces, names }: IssueAsk): boolean {
  if (replaces === null) return false;
  return sameNames(textsOf(readCertificateDetails(replaces).known.alternativeNames), names);
}

/** The CA may know the certificate no more, or from another account: no reason to let it run out. */
function isAboutReplacing(error: unknown): boolean {
  const problem = error instanceof AcmeError ? error.problem : null;
  if (problem === null) return false;
  return problem.type === 'alreadyReplaced' || ABOUT_REPLACING.has(problem.type) || problem.status === 409;
}

const ABOUT_REPLACING: ReadonlySet<string> = new Set(['malformed', 'unauthorized', 'about:blank']);

/** draft-ietf-acme-profiles §4: only a profile that the directory lists may be asked for. */
async function checkProfile({ settings, transport }: StepWorld): Promise<void> {
  if (settings.profile === null) return;
  const { profiles } = await transport.directory();
  if (profiles?.includes(settings.profile)) return;
  const offered = profiles === null ? 'it has none' : `it has ${profiles.join(', ')}`;
  const detail = `the CA does not offer the profile ${settings.profile}; ${offered}`;
  throw new AcmeError(detail, {
    problem: { status: 0, type: 'invalidProfile', detail, subproblems: [], instance: null },
  });
}

/** Where the CA says nothing better. */
const RATE_LIMITED = HOUR;

/** Puts down that the CA wants to be left alone, and waits. */
export async function rateLimited(world: StepWorld, ask: Pick<IssueAsk, 'names'>, error: AcmeError): Promise<number> {
  const until = error.retryAt ?? world.clock.now() + RATE_LIMITED;
  for (const scope of scopeOf(world, ask, error.problem)) await world.places.close(world.settings.name, scope, until);
  return until;
}

/** The whole account, unless the CA names the domain or the set of names that it has enough of. */
function scopeOf(world: StepWorld, ask: Pick<IssueAsk, 'names'>, problem: Problem | null): string[] {
  const told = [
    problem?.detail ?? '',
    ...(problem?.subproblems ?? []).map((one) => `${one.detail} "${one.identifier}"`),
  ];
  const text = told.join(' ').toLowerCase();
  if (text.includes('exact set of')) return [scopeOfNames(ask)];
  const named = domainsOf(world, ask).filter((domain) => text.includes(`"${domain}"`));
  return named.length > 0 ? named.map(scopeOfDomain) : [''];
}

/** Whatever may be closed to this ask. */
function scopesOf(world: StepWorld, ask: Pick<IssueAsk, 'names'>): string[] {
  return ['', scopeOfNames(ask), ...domainsOf(world, ask).map(scopeOfDomain)];
}

function domainsOf({ counted }: StepWorld, { names }: Pick<IssueAsk, 'names'>): string[] {
  return [...new Set(names.flatMap((name) => [name.replace(/^\*\./, ''), domainOf(counted, name)]))];
}

function scopeOfDomain(domain: string): string {
  return `domain ${domain}`;
}

function scopeOfNames({ names }: Pick<IssueAsk, 'names'>): string {
  return `names ${[...names].toSorted().join(',')}`;
}
