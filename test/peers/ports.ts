import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A free port of loopback for each name, free a moment ago. */
export async function freePorts<K extends string>(names: readonly K[]): Promise<Record<K, number>> {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(names.map((name, at) => [name, ports[at]])) as Record<K, number>;
}
