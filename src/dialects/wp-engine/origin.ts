import type { FastifyRequest } from 'fastify';
import type { World } from './world.ts';

/** A host and perhaps a port: nothing that could lead a link elsewhere or break out of it. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Scheme and host as the client reached us; those that the desk is known under where the header is none. */
export function originOf({ publicUrl }: Pick<World, 'publicUrl'>, request: FastifyRequest): string {
  const { host, protocol } = request;
  return typeof host === 'string' && HOST.test(host) ? `${protocol}://${host}` : publicUrl();
}
