import type { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import type { Permission } from '../../core/permissions.ts';
import type { World } from './world.ts';

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One call, authenticated and with its body read. */
export interface Call<Body = unknown> {
  actor: Actor;
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  /** Scheme and host as the client reached us, for links. */
  origin: string;
}

export interface Answer {
  status: number;
  /** Becomes the JSON body; without it the body is empty. */
  json?: unknown;
}

/** What an endpoint's body holds, and whether it may be left out as a whole. */
export interface BodyForm {
  schema: z.ZodType;
  /** What is sent, as errors name it: `CertificateOrder`. */
  resource: string;
  optional?: true;
}

/** One line of the API: the routes and the documents both come from it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Fastify's form, after `/v1`. */
  path: string;
  summary: string;
  /** What key and user must allow; null where nobody has to sign in. */
  permission: Permission | null;
  body: BodyForm | null;
  /** Names of query parameters, each with its meaning. */
  query: Readonly<Record<string, string>>;
  /** By status: the schema of the JSON, or null for an empty body. */
  answers: Readonly<Record<number, z.ZodType | null>>;
  handle(world: World, call: Call): Promise<Answer>;
}

type Defaulted = 'permission' | 'body' | 'query' | 'handle';
type Rest = Omit<Endpoint, Defaulted> & Partial<Pick<Endpoint, 'permission' | 'query'>>;

/** An endpoint with a body: `handle` gets what the schema makes of it. */
export function accept<Body>(
  endpoint: Rest & {
    body: { schema: z.ZodType<Body>; resource: string };
    handle(world: World, call: Call<Body>): Promise<Answer>;
  },
): Endpoint {
  return {
    permission: 'order',
    query: {},
    ...endpoint,
    handle: (world, call) => endpoint.handle(world, call as Call<Body>),
  };
}

/** An endpoint whose body may be left out as a whole: `handle` gets null then. */
export function acceptMaybe<Body>(
  endpoint: Rest & {
    body: { schema: z.ZodType<Body>; resource: string };
    handle(world: World, call: Call<Body | null>): Promise<Answer>;
  },
): Endpoint {
  const { body } = endpoint;
  return {
    permission: 'order',
    query: {},
    ...endpoint,
    body: { ...body, optional: true },
    handle: (world, call) => endpoint.handle(world, call as Call<Body | null>),
  };
}

/** An endpoint that changes something and takes no body; one that is sent is not looked at. */
export function act(endpoint: Rest & Pick<Endpoint, 'handle'>): Endpoint {
  return { permission: 'order', body: null, query: {}, ...endpoint };
}

/** An endpoint that only reads. */
export function read(endpoint: Omit<Rest, 'method'> & Pick<Endpoint, 'handle'>): Endpoint {
  return { method: 'GET', permission: 'read', body: null, query: {}, ...endpoint };
}
