import { ACCOUNT_ARGUMENTS } from './account/arguments.ts';
import { MARKET_ARGUMENTS } from './market/arguments.ts';
import { MODULES } from './modules.ts';
import { SSL_ARGUMENTS } from './ssl/arguments.ts';

type Json = Record<string, unknown>;

/** Arguments by module and function. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  Market: MARKET_ARGUMENTS,
  SSL: SSL_ARGUMENTS,
  ...ACCOUNT_ARGUMENTS,
};

const TEXTS = { type: ['array', 'null'], items: { type: 'string' } };

/** OpenAPI 3.1 document of what is served, from the same table as the calls. */
export function openApi(): Json {
  const paths: Json = {};
  for (const [module, functions] of MODULES) {
    for (const func of Object.keys(functions)) {
      paths[`/execute/${module}/${func}`] = {
        get: operation(module, func, 'get'),
        post: operation(module, func, 'post'),
      };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'cPanel UAPI, as Chancery serves it',
      version: '3',
      description:
        'Every function is served by GET and by POST (a form, multipart, or a flat JSON object), under `/execute`, under ' +
        '`/cpsessNNNNNNNNNN/execute` with a session, under `/wrapped/execute` in the envelope of `/json-api/cpanel`, ' +
        'and by `/json-api/cpanel` and `/json-api/uapi_cpanel`. Data that is a list takes `api.sort_column_N`, ' +
        '`api.filter_column_N` and `api.paginate` beside. A call that fails answers 200 with `status` 0.',
    },
    security: [{ token: [] }, { password: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`cpanel USER:TOKEN`' },
        password: { type: 'http', scheme: 'basic' },
      },
      schemas: {
        Result: {
          type: 'object',
          required: ['data', 'errors', 'messages', 'metadata', 'status', 'warnings'],
          properties: {
            data: { description: 'What the function answers; null where it failed and has nothing to say.' },
            errors: TEXTS,
            messages: TEXTS,
            metadata: { type: 'object' },
            status: { enum: [0, 1] },
            warnings: TEXTS,
          },
        },
      },
    },
  };
}

function operation(module: string, func: string, method: 'get' | 'post'): Json {
  const known = ARGUMENTS[module]?.[func] ?? {};
  const members = Object.entries(known).map(([name, description]) => ({
    name: name.replace('*', ''),
    required: name.endsWith('*'),
    description,
  }));
  const schema = { $ref: '#/components/schemas/Result' };
  const responses = { 200: { description: 'Done, or not: see `status`', content: { 'application/json': { schema } } } };
  const names = { operationId: `${module}.${func}.${method}`, tags: [module], summary: `${module}::${func}` };
  if (method === 'get') {
    const parameters = members.map((member) => ({ ...member, in: 'query', schema: { type: 'string' } }));
    return { ...names, parameters, responses };
  }
  const properties = Object.fromEntries(
    members.map(({ name, description }) => [name, { type: 'string', description }]),
  );
  const required = members.filter((member) => member.required).map(({ name }) => name);
  const form = {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: true,
  };
  const content = { 'application/x-www-form-urlencoded': { schema: form }, 'application/json': { schema: form } };
  return { ...names, requestBody: { content }, responses };
}
