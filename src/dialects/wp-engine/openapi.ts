import { z } from 'zod';
import * as answers from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { BASE } from './world.ts';

type Json = Record<string, unknown>;

const TITLE = 'WP Engine Hosting Platform API v1, as Chancery serves it';
const DESCRIPTION =
  'Sites, installs, domains and their certificates. Lists are paged by `limit` and `offset`, with absolute links to ' +
  'their neighbours. What this API has beyond domains and certificates is not served.';

/** OpenAPI 3.1 document of what is served, from the same table as the routes. */
export function openApi(): Json {
  return {
    openapi: '3.1.0',
    info: { title: TITLE, version: '1', description: DESCRIPTION },
    security: [{ basic: [] }],
    paths: pathsOf((endpoint) => operation31(endpoint)),
    components: {
      securitySchemes: { basic: { type: 'http', scheme: 'basic', description: 'API user id and API password' } },
      schemas: { Error: schemaOf(answers.failure, 'output', 'draft-2020-12') },
    },
  };
}

/** The same in Swagger 2.0, which clients of this API read from `GET /v1/swagger`; `host` and scheme as they reached us. */
export function swagger(origin: string): Json {
  const { host, protocol } = new URL(origin);
  return {
    swagger: '2.0',
    info: { title: TITLE, version: '1', description: DESCRIPTION },
    host,
    basePath: BASE,
    schemes: [protocol.replace(':', '')],
    consumes: ['application/json'],
    produces: ['application/json'],
    securityDefinitions: { basicAuth: { type: 'basic' } },
    paths: pathsOf((endpoint) => operation2(endpoint), ''),
    definitions: { Error: schemaOf(answers.failure, 'output', 'draft-04') },
  };
}

function pathsOf(operation: (endpoint: Endpoint) => Json, base: string = BASE): Record<string, Json> {
  const paths: Record<string, Json> = {};
  for (const endpoint of ENDPOINTS) {
    const path = `${base}${endpoint.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return paths;
}

function operation31({ summary, path, query, body, answers: all, permission }: Endpoint): Json {
  const responses: Json = {};
  for (const [status, schema] of Object.entries(all)) {
    responses[status] =
      schema === null
        ? { description: 'Done; the body is empty' }
        : {
            description: 'Done',
            content: { 'application/json': { schema: schemaOf(schema, 'output', 'draft-2020-12') } },
          };
  }
  responses['default'] = {
    description: 'Failure',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  const content = body && { 'application/json': { schema: schemaOf(body.schema, 'input', 'draft-2020-12') } };
  return {
    summary,
    ...(permission === null ? { security: [] } : {}),
    parameters: parametersOf(path, query, (type) => ({ schema: { type } })),
    ...(body === null ? {} : { requestBody: { required: body.optional !== true, content } }),
    responses,
  };
}

function operation2({ summary, path, query, body, answers: all, permission }: Endpoint): Json {
  const responses: Json = {};
  for (const [status, schema] of Object.entries(all)) {
    responses[status] =
      schema === null
        ? { description: 'Done; the body is empty' }
        : { description: 'Done', schema: schemaOf(schema, 'output', 'draft-04') };
  }
  responses['default'] = { description: 'Failure', schema: { $ref: '#/definitions/Error' } };
  const parameters = parametersOf(path, query, (type) => ({ type }));
  const bodySchema = body && schemaOf(body.schema, 'input', 'draft-04');
  const bodyParameter = { name: 'body', in: 'body', required: body?.optional !== true, schema: bodySchema };
  return {
    summary,
    security: permission === null ? [] : [{ basicAuth: [] }],
    parameters: body === null ? parameters : [...parameters, bodyParameter],
    responses,
  };
}

function parametersOf(path: string, query: Endpoint['query'], typed: (type: string) => Json): Json[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...typed('string'),
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    ...typed(name === 'account_id' ? 'string' : 'integer'),
  }));
  return [...inPath, ...inQuery];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output', target: 'draft-2020-12' | 'draft-04'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target, io });
  return target === 'draft-04' ? (withoutUnions(rest) as Json) : rest;
}

/** Swagger 2.0 knows neither `anyOf` nor the type null: what may be null is marked `x-nullable`. */
function withoutUnions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnions);
  if (typeof value !== 'object' || value === null) return value;
  const { anyOf, type, ...rest } = value as { anyOf?: { type?: string }[]; type?: unknown };
  const forms = anyOf ?? (Array.isArray(type) ? (type as string[]).map((one) => ({ type: one })) : null);
  const others = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, withoutUnions(member)]));
  if (forms === null) return { ...(type === undefined ? {} : { type: withoutUnions(type) }), ...others };
  const [first = {}, ...more] = forms.filter((one) => one.type !== 'null');
  const nullable = forms.some((one) => one.type === 'null') ? { 'x-nullable': true } : {};
  // Of several forms of text, any text is all that can be said.
  const form = more.length === 0 ? first : { type: first.type ?? 'string' };
  return { ...(withoutUnions(form) as Json), ...others, ...nullable };
}
