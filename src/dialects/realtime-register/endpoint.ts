import type { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { DeskError, notFound } from '../../core/errors.ts';
import type { World } from './world.ts';

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One call, authenticated and with its body read. */
export interface Call<Body = unknown> {
  actor: Actor;
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
}

export interface Answer {
  status: number;
  /** Becomes the JSON body. Without it and without `text` the body is empty. */
  json?: unknown;
  /** Becomes the body as it stands, of type `application/octet-stream`. */
  text?: string;
  /** JSON in pieces, for what is too long to be held in memory. */
  stream?: AsyncIterable<string>;
  /** Sent as `x-process-id`. */
  processId?: number;
}

/** One line of the API: the routes and the OpenAPI document both come from it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE';
  /** Fastify's form, without the slash that may end it. */
  path: string;
  summary: string;
  /** Whether a credential that may only look is enough. */
  lookOnly: boolean;
  body: z.ZodType | null;
  /** Name and meaning of query parameters. */
  query: Readonly<Record<string, string>>;
  /** Schema of the answer by status; null where the body is empty. */
  answers: Readonly<Record<number, z.ZodType | null | 'base64'>>;
  handle(world: World, call: Call): Promise<Answer>;
}

interface EndpointOf<Body> extends Omit<Endpoint, 'body' | 'handle' | 'lookOnly' | 'query'> {
  lookOnly?: boolean;
  query?: Endpoint['query'];
  body: z.ZodType<Body>;
  handle(world: World, call: Call<Body>): Promise<Answer>;
}

/** An endpoint with a body: `handle` gets what the schema makes of it. */
export function accept<Body>(endpoint: EndpointOf<Body>): Endpoint {
  return {
    lookOnly: false,
    query: {},
    ...endpoint,
    handle: (world, call) => endpoint.handle(world, call as Call<Body>),
  };
}

interface ReadEndpoint extends Omit<Endpoint, 'method' | 'body' | 'lookOnly' | 'query'> {
  query?: Endpoint['query'];
}

/** An endpoint that only reads. */
export function read(endpoint: ReadEndpoint): Endpoint {
  return { method: 'GET', lookOnly: true, body: null, query: {}, ...endpoint };
}

/**
 * The id in a path.
 * @throws DeskError `not-found` for what can be no id.
 */
export function idOf(call: Call, name: string, what: string): number {
  const text = call.params[name] ?? '';
  const id = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(id)) throw notFound(`${what} ${text.slice(0, 40)}`);
  return id;
}

/**
 * A customer is the key's own account; others, existing or not, do not exist for it.
 * @throws DeskError `not-found`
 */
export function ownCustomer(actor: Actor, customer: string): void {
  if (customer !== actor.handle) throw notFound(`Customer ${customer.slice(0, 40)}`);
}

/** @throws DeskError `not-allowed` where the credential may only look. */
export function mayChange(actor: Actor): void {
  if (actor.role === 'view') throw new DeskError('not-allowed', 'This key may only read');
}
