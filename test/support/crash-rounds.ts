import assert from 'node:assert/strict';
import { unrest } from './crash-books.ts';
import { call, type Target } from './crash-client.ts';
import { publishAt, type Seen } from './crash-load.ts';
import { until, withStore } from './crash-places.ts';
import { credentialsOf, type ServerPlace, type ServerProcess } from './server-process.ts';

/** Seconds in which everything must have come to rest, leases of the dead included. */
const LONGEST_UNREST = 30;

export async function kill(server: ServerProcess): Promise<void> {
  server.signal('SIGKILL');
  assert.deepEqual(await server.ended, { code: null, signal: 'SIGKILL' }, server.log());
}

/** Ends a server as an operator does, and demands that it ends well. */
export async function end(server: ServerProcess): Promise<void> {
  server.signal('SIGTERM');
  assert.deepEqual(await server.ended, { code: 0, signal: null }, server.log());
}

/** How clients reach a server, with the credentials of its first start. */
export async function targetOf(server: ServerProcess): Promise<Target> {
  const url = await server.listening;
  return { url, ...credentialsOf(server.place) };
}

/**
 * Lets everything come to its end: first what needs nobody, without any help; then what a client publishes again,
 * since the sandbox forgets it with its process, and has looked at.
 */
export async function finish(place: ServerPlace, targets: readonly Target[], seen: Seen): Promise<void> {
  await until(LONGEST_UNREST, () => withStore(place, unrest));
  const waiting = await withStore(place, (store) => store.find('requests', { state: 'waiting' }));
  for (const { id } of waiting) {
    const records = seen.placed.get(id)?.records ?? null;
    if (records === null) continue;
    for (const target of targets) await publishAt(target, records);
    const reply = await call(targets[0] as Target, 'POST', `/v2/processes/${id}/resend`);
    assert.equal(reply.status, 200, reply.text);
  }
  await until(LONGEST_UNREST, () => withStore(place, unrest));
}
