import { type Answer, type Call, CallFailure } from '../call.ts';
import { DIALECT } from '../world.ts';
import { filesOf, idOf, MOST_LISTED } from './files.ts';
import { keyRecord } from './records.ts';

interface Item {
  host: string;
  id: string;
  type: 'key' | 'csr' | 'crt';
}

/**
 * SSL::list_ssl_items: one line for each domain of each item, of the types in `item` (keys where it is not told), for
 * the names in `domains` (all where it is not told). A key has the domains of the requests and certificates of it.
 */
export async function listSslItems(call: Call): Promise<Answer> {
  const types = listed(call, 'item');
  const wrong = types.find((type) => !['key', 'csr', 'crt'].includes(type));
  if (wrong !== undefined) throw new CallFailure(`“${wrong}” is not a valid value for the “item” argument.`);
  const wanted = new Set(listed(call, 'domains').map((domain) => domain.toLowerCase()));
  const asked = types.length === 0 ? ['key'] : types;
  const items = await itemsOf(call, asked);
  return { data: items.filter(({ host }) => wanted.size === 0 || wanted.has(host)) };
}

async function itemsOf(call: Call, types: readonly string[]): Promise<Item[]> {
  const files = await filesOf(call, {});
  const items: Item[] = [];
  if (types.includes('key')) {
    const { accountId } = call.actor;
    const keys = await call.world.store.find('subscriberKeys', { accountId, dialect: DIALECT }, { limit: MOST_LISTED });
    const byKey = Map.groupBy(files, ({ spkiHash }) => spkiHash);
    for (const key of keys) {
      const { id } = keyRecord(key);
      const hosts = new Set((byKey.get(key.spkiHash) ?? []).flatMap(({ names }) => names));
      items.push(...[...hosts].map((host) => ({ host, id, type: 'key' }) as const));
    }
  }
  for (const file of files) {
    const type = file.type === 'csr' ? 'csr' : 'crt';
    if (!types.includes(type)) continue;
    const id = idOf(call.world, file);
    items.push(...file.names.map((host) => ({ host, id, type }) as const));
  }
  return items;
}

/** Values of an argument that repeats, or holds several apart by commas. */
function listed({ parameters }: Call, name: string): string[] {
  return parameters.all(name).flatMap((text) => text.split(/[\s,|]+/).filter((part) => part !== ''));
}
