import type { InjectOptions } from 'fastify';
import type { TestDesk } from '../support/desk.ts';

/** What the clients of all dialects have in common: how they reach a desk, and what they read of an answer. */

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Reply {
  status: number;
  headers: Readonly<Record<string, Json>>;
  text: string;
  bytes: Buffer;
  /** Undefined where the answer is empty or says that it is something else. */
  json: Json;
}

/** Sends a request with these headers, or with those that the request itself has of them. */
export async function send(
  { app }: Pick<TestDesk, 'app'>,
  headers: Readonly<Record<string, string>>,
  options: InjectOptions,
): Promise<Reply> {
  const response = await app.inject({ ...options, headers: { ...headers, ...options.headers } });
  const text = response.body;
  const isJson = String(response.headers['content-type']).startsWith('application/json');
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    bytes: response.rawPayload,
    json: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
}

/** The endpoint of a table that answers there; as the router does, what is written out comes before parameters. */
export function endpointAt<E extends { method: string; path: string }>(
  endpoints: readonly E[],
  method: string,
  path: string,
): E | undefined {
  const matching = endpoints.filter((one) => one.method === method && patternOf(one.path).test(path));
  return matching.toSorted((left, right) => left.path.split(':').length - right.path.split(':').length)[0];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}/?$`);
}
