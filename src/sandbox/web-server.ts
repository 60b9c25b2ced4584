import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeskError, invalidValue } from '../core/errors.ts';
import type { Endpoint } from './dns-server.ts';
import { isReserved, plainName, RESERVED_SUFFIXES } from './reserved-names.ts';

export interface PublishedFile {
  host: string;
  path: string;
  content: string;
}

export interface WebServer extends Endpoint {
  /** Publishes a file, or new content at the same place. @throws DeskError `invalid-value`, `conflict` where it is full */
  publish(file: PublishedFile): void;
  /** Takes a file back; one that is not there is no error. */
  remove(host: string, path: string): void;
  files(): PublishedFile[];
  close(): Promise<void>;
}

const MAX_FILES = 1_000;
/** Bytes. */
const MAX_CONTENT = 65_536;
const MAX_PATH = 2_048;

/** What is answered for a file that nobody published, as the desk's own websites do; null where there is nothing. */
export type FileLookup = (host: string, path: string) => Promise<string | null>;

export interface WebServerOptions {
  host?: string;
  lookup?: FileLookup;
  onError?: (error: Error) => void;
}

/**
 * Serves published files by host and path on `host`, on a free port. Where none is published and the name is reserved,
 * `lookup` is asked; everything else is 404.
 */
export async function startWebServer(options: WebServerOptions = {}): Promise<WebServer> {
  const { host = '127.0.0.1', lookup = async () => null, onError = () => undefined } = options;
  const files = new Map<string, PublishedFile>();
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 1_000 });
  server.maxConnections = 64;
  const contentOf: FileLookup = async (name, path) =>
    files.get(fileKey(name, path))?.content ?? (isReserved(name) ? lookup(name, path) : null);
  server.on('request', (request, response) => {
    serveFile(contentOf, request, response).catch((error: Error) => {
      onError(error);
      response.writeHead(500).end();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    host,
    port: (server.address() as AddressInfo).port,
    publish(file) {
      const checked = readFile(file);
      const key = fileKey(checked.host, checked.path);
      if (!files.has(key) && files.size >= MAX_FILES) {
        throw new DeskError('conflict', 'The sandbox is full: take back files that are no longer needed');
      }
      files.set(key, checked);
    },
    remove: (name, path) => void files.delete(fileKey(plainName(name), path)),
    files: () => [...files.values()],
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serveFile(contentOf: FileLookup, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const host = plainName((request.headers.host ?? '').replace(/:\d*$/, ''));
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const readable = request.method === 'GET' || request.method === 'HEAD';
  const content = readable ? await contentOf(host, path) : null;
  const status = !readable ? 405 : content === null ? 404 : 200;
  const body = Buffer.from(content ?? `${status}\n`);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const fileKey = (host: string, path: string): string => `${host} ${path}`;

function readFile(file: PublishedFile): PublishedFile {
  const host = plainName(file.host);
  if (!isReserved(host) || !/^[a-z0-9_.-]{1,253}$/.test(host)) {
    throw invalidValue('host', `The sandbox serves only names under ${RESERVED_SUFFIXES.join(', ')}`, file.host);
  }
  if (file.path.length > MAX_PATH || !isPlainPath(file.path)) {
    throw invalidValue('path', 'Must be the path of a URL as clients send it: /.well-known/pki-validation/file.txt');
  }
  if (Buffer.byteLength(file.content) > MAX_CONTENT) {
    throw invalidValue('content', `Must be at most ${MAX_CONTENT} bytes`);
  }
  return { host, path: file.path, content: file.content };
}

/** Whether a client that reads this path out of a URL asks for it unchanged. */
function isPlainPath(path: string): boolean {
  return path.startsWith('/') && !path.startsWith('//') && new URL(`http://host${path}`).pathname === path;
}
