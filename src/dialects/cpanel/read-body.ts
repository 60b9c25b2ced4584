import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DeskError } from '../../core/errors.ts';
import { parseJson } from '../../http/json-body.ts';
import type { Pairs } from './parameters.ts';

/** Names and values of one request at most. */
const MOST_PAIRS = 2_000;

/** Bodies of the three kinds that clients send, and forms where they do not say: all become pairs. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const text = { parseAs: 'string' } as const;
  app.addContentTypeParser('application/json', text, async (_request: FastifyRequest, body: string) => ofJson(body));
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => ofMultipart(request.headers['content-type'] ?? '', body),
  );
  app.addContentTypeParser('*', text, async (_request: FastifyRequest, body: string) => ofForm(body));
}

/**
 * What a request sends, query first.
 * @throws DeskError `malformed-message`
 */
export function pairsOf(request: FastifyRequest): Pairs {
  const { url } = request;
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  const pairs = [...ofForm(query), ...((request.body as Pairs | undefined) ?? [])];
  if (pairs.length > MOST_PAIRS) throw new DeskError('malformed-message', 'There are too many parameters');
  const unfit = pairs.find((pair) => pair.some((part) => part.includes('\u0000') || !part.isWellFormed()));
  if (unfit !== undefined) throw new DeskError('malformed-message', 'A parameter holds characters that it must not');
  return pairs;
}

function ofForm(text: string): Pairs {
  return [...new URLSearchParams(text)];
}

/** A flat object. */
function ofJson(text: string): Pairs {
  const body = parseJson(text, 'The request body is not valid JSON');
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new DeskError('malformed-message', 'The request body must be a JSON object');
  }
  return pairsOfObject(body);
}

/** Members of an object as parameters: lists stand for repeated names, what is nested for its JSON text. */
export function pairsOfObject(body: object): Pairs {
  return Object.entries(body).flatMap(([name, value]) => {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== null).map((one) => [name, textOf(one)] as const);
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
}

/** RFC 7578; the files among the parts are text here, such as PEM. */
async function ofMultipart(type: string, body: Buffer): Promise<Pairs> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    return await Promise.all(
      [...form].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()] as const),
    );
  } catch (cause) {
    throw new DeskError('malformed-message', 'The request body is not valid multipart/form-data', { cause });
  }
}
