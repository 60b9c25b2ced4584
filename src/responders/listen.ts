import { once } from 'node:events';
import type { Server } from 'node:net';
import { DeskError } from '../core/errors.ts';

/** An address to listen on; port 0 for any free one. */
export interface ListenAddress {
  host: string;
  port: number;
}

/** A responder that runs. `port` is the one it got. */
export interface Responder extends ListenAddress {
  /** Ends at once: whoever asks comes again. */
  close(): Promise<void>;
}

/** How an answer went, for metrics: `found`, `not-found`, `refused`, `failed`, `limited`. */
export type Counted = (outcome: 'found' | 'not-found' | 'refused' | 'failed' | 'limited') => void;

/** Starts to listen. @throws DeskError `invalid-value` that says what the operator can do */
export async function listenOn(server: Server, { host, port }: ListenAddress, what: string): Promise<number> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw cannotListen(error as NodeJS.ErrnoException, { host, port }, what);
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

export function cannotListen(error: NodeJS.ErrnoException, { host, port }: ListenAddress, what: string): DeskError {
  const advice =
    error.code === 'EACCES'
      ? 'ports below 1024 need a privilege; docs/responders.md shows how to give it'
      : error.code === 'EADDRINUSE'
        ? 'another program listens there'
        : error.message;
  return new DeskError('invalid-value', `The ${what} responder cannot listen on ${host} port ${port}: ${advice}`, {
    cause: error,
  });
}

/** Closes the server and what is open of it. */
export async function closeServer(server: Server, open: Iterable<{ destroy(): unknown }>): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    for (const socket of open) socket.destroy();
  });
}
