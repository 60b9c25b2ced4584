import { z } from 'zod';
import type { AnswerForm, Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { BASE } from './world.ts';

type Json = Record<string, unknown>;

const failure = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string() })).min(1) });

/** OpenAPI 3.1 document of what is served, from the same table as the routes. */
export function openApi(): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of ENDPOINTS) {
    const path = `${BASE}${endpoint.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'DigiCert CertCentral Services API v2, as Chancery serves it',
      version: '2',
      description:
        'In bodies null, empty text and, for ids and lengths, zero count as absent; whole numbers and switches may ' +
        'be sent as text; unknown members are ignored.',
    },
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-DC-DEVKEY' } },
      schemas: { Error: schemaOf(failure, 'output') },
    },
  };
}

function operationOf(endpoint: Endpoint): Json {
  const responses: Json = {};
  for (const [status, forms] of Object.entries(endpoint.answers)) responses[status] = responseOf(forms);
  responses['default'] = {
    description: 'Failure',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  return {
    summary: endpoint.summary,
    ...(endpoint.permission === null ? { security: [] } : {}),
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint)],
    ...(endpoint.body === null
      ? {}
      : { requestBody: { content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } } } }),
    responses,
  };
}

function responseOf(forms: Endpoint['answers'][number]): Json {
  const all = Array.isArray(forms) ? (forms as readonly AnswerForm[]) : [forms as AnswerForm];
  const content = Object.fromEntries(all.flatMap(contentOf));
  if (Object.keys(content).length === 0) return { description: 'Done; the body is empty' };
  return { description: 'Done', content };
}

function contentOf(form: AnswerForm): [string, Json][] {
  if (form === null) return [];
  if (typeof form === 'string') return [[form, { schema: { type: 'string' } }]];
  return [['application/json', { schema: schemaOf(form, 'output') }]];
}

function pathParameters({ path }: Endpoint): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Endpoint): Json[] {
  return Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return rest;
}
