import type { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import type { Permission } from '../../core/permissions.ts';
import { unknownObject } from './errors.ts';
import type { World } from './world.ts';

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One call, authenticated and with its body read. */
export interface Call<Body = unknown> {
  actor: Actor;
  params: Readonly<Record<string, string>>;
  query: Query;
  /** The header of this name, empty where there is none. */
  accept: string;
  body: Body;
}

export interface Answer {
  status: number;
  /** Becomes the JSON body. Without it and without `content` the body is empty. */
  json?: unknown;
  /** Becomes the body as it stands, of this type. */
  content?: {
    type: string;
    body: string | Uint8Array | AsyncIterable<string>;
    fileName?: string;
    headers?: Readonly<Record<string, string>>;
  };
}

/** What an answer's body is: a schema of its JSON, null where it is empty, or a content type. */
export type AnswerForm = z.ZodType | null | string;

/** One line of the API: the routes and the OpenAPI document both come from it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Fastify's form, after `/services/v2`. */
  path: string;
  summary: string;
  /** What key and user must allow; null where no key is asked for (guests). */
  permission: Permission | null;
  body: z.ZodType | null;
  /** Name and meaning of query parameters. */
  query: Readonly<Record<string, string>>;
  /** By status; several forms where the caller chooses. */
  answers: Readonly<Record<number, AnswerForm | readonly AnswerForm[]>>;
  handle(world: World, call: Call): Promise<Answer>;
}

interface EndpointOf<Body> extends Omit<Endpoint, 'body' | 'handle' | 'permission' | 'query'> {
  /** By default `order`. */
  permission?: Permission;
  query?: Endpoint['query'];
  body: z.ZodType<Body>;
  handle(world: World, call: Call<Body>): Promise<Answer>;
}

/** An endpoint with a body: `handle` gets what the schema makes of it. */
export function accept<Body>(endpoint: EndpointOf<Body>): Endpoint {
  return {
    permission: 'order',
    query: {},
    ...endpoint,
    handle: (world, call) => endpoint.handle(world, call as Call<Body>),
  };
}

interface BodylessEndpoint extends Omit<Endpoint, 'body' | 'permission' | 'query'> {
  permission?: Permission;
  query?: Endpoint['query'];
}

/** An endpoint that changes something and takes no body; one that is sent is not looked at. */
export function act(endpoint: BodylessEndpoint): Endpoint {
  return { permission: 'order', body: null, query: {}, ...endpoint };
}

/** An endpoint that only reads. */
export function read(endpoint: Omit<BodylessEndpoint, 'method'>): Endpoint {
  return { method: 'GET', permission: 'read', body: null, query: {}, ...endpoint };
}

type GuestCall = Omit<Call, 'actor' | 'body'>;

/** An endpoint without a key. */
export function show(
  endpoint: Omit<BodylessEndpoint, 'method' | 'permission' | 'handle'> & {
    handle(world: World, call: GuestCall): Promise<Answer>;
  },
): Endpoint {
  return { method: 'GET', permission: null, body: null, query: {}, ...endpoint };
}

/**
 * The id in a path. `what` as in `not_found|order`.
 * @throws VendorError `not_found|<what>` for what can be no id.
 */
export function idOf(call: Pick<Call, 'params'>, name: string, what: string): number {
  const text = call.params[name] ?? '';
  const id = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(id)) throw unknownObject(what);
  return id;
}
