import type { FastifyInstance } from 'fastify';
import { escapeText, formPage, formPageHeaders } from './form-pages.ts';

/** What `/docs` tells of one served API. */
export interface Documented {
  readonly name: string;
  openApi(): Record<string, unknown>;
}

/** `GET /docs`: a page of what is served. `GET /docs/NAME`: the OpenAPI 3.1 document. `GET /`: where to go. */
export function docsRoutes(app: FastifyInstance, apis: readonly Documented[]): void {
  const documents = new Map(apis.map((api) => [api.name, JSON.stringify(api.openApi())]));
  const list = apis.map(({ name }) => `<li><a href="/docs/${escapeText(name)}">${escapeText(name)}</a></li>`).join('');

  app.get('/docs', async (_request, reply) =>
    reply
      .headers(formPageHeaders())
      .send(formPage('APIs served here', `<p>OpenAPI 3.1 documents:</p><ul>${list}</ul>`)),
  );
  app.get<{ Params: { name: string } }>('/docs/:name', async (request, reply) => {
    const document = documents.get(request.params.name);
    if (document === undefined) return reply.callNotFound();
    return reply.type('application/json').send(document);
  });
  app.get('/', async (_request, reply) =>
    reply
      .headers(formPageHeaders())
      .send(
        formPage(
          'Chancery',
          '<p>A certificate desk. <a href="/docs">The APIs served here</a>, <a href="/healthz">health</a>, ' +
            '<a href="/readyz">readiness</a>.</p>',
        ),
      ),
  );
}
