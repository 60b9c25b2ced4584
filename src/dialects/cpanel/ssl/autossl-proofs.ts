import { DeskError } from '../../../core/errors.ts';
import { inParallel } from '../../../core/in-parallel.ts';
import { may } from '../../../core/permissions.ts';
import type { Hostname } from '../../../core/records.ts';
import { type Instant, MINUTE, SECOND } from '../../../core/time.ts';
import { type AccountSettings, type Problem, readAccount, writeAccount } from '../account-settings.ts';
import type { Call } from '../call.ts';

/** Names that other accounts claim too: the records that prove them are looked for, and shown while they are not there. */

/** Records of an account looked for within a minute. */
const MOST_LOOKS = 100;

/** Names that are asked about, and looked for, at the same time. */
const AT_ONCE = 5;

/** No look is begun later than that after the first: name servers may be slow, and somebody waits for the answer. */
const LONGEST_ROUND = 15 * SECOND;

/** Those of the account's names for which the desk may not answer, also after a look for their records. */
export async function doubtedOf(call: Call, hostnames: readonly Hostname[]): Promise<Hostname[]> {
  const doubted = await untrusted(call, hostnames);
  await lookForProofs(call, doubted);
  return untrusted(call, doubted);
}

async function untrusted({ actor, world }: Call, hostnames: readonly Hostname[]): Promise<Hostname[]> {
  const trusted = await inParallel(hostnames, AT_ONCE, (one) => world.hosting.isTrusted(actor, one));
  return hostnames.filter((_, index) => !trusted[index]);
}

export function contested({ world }: Call, hostname: Hostname): string {
  const proof = world.hosting.proofRecord(hostname);
  const advice = proof === null ? '' : ` Publish a TXT record at ${proof.name} with the value “${proof.value}”.`;
  return `Another account claims the domain “${hostname.name}”, so control of it must be proved by DNS.${advice}`;
}

/**
 * Problems of a check with those of doubted names as they are now: another account's proof changes the value to be
 * published, and the name's own ends the doubt. Their records are looked for where nobody did within the last minute
 * and the actor may order.
 */
export async function withDoubtsOfNow(call: Call, problems: readonly Problem[]): Promise<Problem[]> {
  const { actor, world } = call;
  const id = problems.flatMap(({ hostnameId }) => hostnameId ?? []);
  if (id.length === 0) return [...problems];
  const { proofLooks } = await readAccount(world, actor);
  const mayLook = may(actor, 'order') && isOver(proofLooks, world.clock.now());
  const read = (): Promise<Hostname[]> => world.store.find('hostnames', { id, accountId: actor.accountId });
  const before = await read();
  const doubted = new Set((await (mayLook ? doubtedOf : untrusted)(call, before)).map((one) => one.id));
  const hostnames = new Map((mayLook ? await read() : before).map((one) => [one.id, one]));
  return problems.flatMap((problem) => {
    if (problem.hostnameId === undefined) return problem;
    const hostname = hostnames.get(problem.hostnameId);
    if (hostname === undefined) return [];
    return { ...problem, problem: doubted.has(hostname.id) ? contested(call, hostname) : settled(hostname) };
  });
}

function settled({ name }: Hostname): string {
  return `Nobody else’s claim of the domain “${name}” stands in the way any more: the next AutoSSL check includes it.`;
}

/** Where there are more names than may be looked for, it goes on behind the last one the next time. */
async function lookForProofs(call: Call, hostnames: readonly Hostname[]): Promise<void> {
  const { world, actor } = call;
  const unproved = hostnames.filter(({ verificationToken }) => verificationToken !== null);
  if (unproved.length === 0) return;
  const begun = world.clock.now();
  let turn: Hostname[] = [];
  await writeAccount(world, actor, (settings) => {
    const { since, count, upTo } = freshLooks(settings, begun);
    turn = behind(unproved, upTo).slice(0, MOST_LOOKS - count);
    const proofLooks = { since, count: count + turn.length, upTo: turn.at(-1)?.id ?? upTo };
    return { ...settings, proofLooks };
  });
  let last = null as Hostname | null;
  await inParallel(turn, AT_ONCE, async (one) => {
    if (world.clock.now() - begun >= LONGEST_ROUND) return;
    last = one;
    await look(call, one);
  });
  if (last === null || last === turn.at(-1)) return;
  const upTo = last.id;
  await writeAccount(world, actor, (settings) => ({ ...settings, proofLooks: { ...settings.proofLooks, upTo } }));
}

function isOver({ since }: AccountSettings['proofLooks'], now: Instant): boolean {
  return now - since >= MINUTE;
}

function freshLooks({ proofLooks }: AccountSettings, now: Instant): AccountSettings['proofLooks'] {
  return isOver(proofLooks, now) ? { ...proofLooks, since: now, count: 0 } : proofLooks;
}

function behind(hostnames: readonly Hostname[], upTo: number): Hostname[] {
  const inOrder = hostnames.toSorted((a, b) => a.id - b.id);
  return [...inOrder.filter(({ id }) => id > upTo), ...inOrder.filter(({ id }) => id <= upTo)];
}

async function look({ world, actor }: Call, { id }: Hostname): Promise<void> {
  try {
    await world.hosting.verifyHostname(actor, id);
  } catch (error) {
    // The record is not there yet, or the name is gone meanwhile.
    const isUsual = error instanceof DeskError && (error.kind === 'validation-failed' || error.kind === 'not-found');
    if (!isUsual) throw error;
  }
}
