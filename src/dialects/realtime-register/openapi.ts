import { z } from 'zod';
import * as answers from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { MATCHERS } from './list-query.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 document of what is served, from the same table as the routes. */
export function openApi(): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of ENDPOINTS) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Realtime Register v2 SSL, as Chancery serves it',
      version: '2',
      description:
        'Every path is served with and without a slash at its end. Lists are filtered by `field=value` and ' +
        `\`field:matcher=value\`, where the matcher is one of ${MATCHERS.join(', ')}; several filters must all hold.`,
    },
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: '`ApiKey` and the key, one space between',
        },
      },
      schemas: { Error: schemaOf(answers.failure, 'output') },
    },
  };
}

function operationOf(endpoint: Endpoint): Json {
  const responses: Json = {};
  for (const [status, answer] of Object.entries(endpoint.answers)) responses[status] = responseOf(answer);
  responses['default'] = {
    description: 'Failure',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  return {
    summary: endpoint.summary,
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint)],
    ...(endpoint.body === null
      ? {}
      : { requestBody: { content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } } } }),
    responses,
  };
}

function responseOf(answer: Endpoint['answers'][number]): Json {
  if (answer === undefined || answer === null) return { description: 'Done; the body is empty' };
  if (answer === 'base64') {
    return {
      description: 'Base64 text',
      content: { 'application/octet-stream': { schema: { type: 'string', contentEncoding: 'base64' } } },
    };
  }
  return { description: 'Done', content: { 'application/json': { schema: schemaOf(answer, 'output') } } };
}

function pathParameters({ path }: Endpoint): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name.endsWith('Id') ? { type: 'integer' } : { type: 'string' },
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
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return rest;
}
