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

/** Serves published files by host and path on `host`, on a free port; everything else is 404. */
export async function startWebServer(host = '127.0.0.1'): Promise<WebServer> {
  const files = new Map<string, PublishedFile>();
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 1_000 });
  server.maxConnections = 64;
  server.on('request', (request, response) => serveFile(files, request, response));
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

function serveFile(files: Map<string, PublishedFile>, request: IncomingMessage, response: ServerResponse): void {
  const host = plainName((request.headers.host ?? '').replace(/:\d*$/, ''));
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const file = files.get(fileKey(host, path));
  const readable = request.method === 'GET' || request.method === 'HEAD';
  const status = !readable ? 405 : file === undefined ? 404 : 200;
  const body = Buffer.from(status === 200 ? (file?.content ?? '') : `${status}\n`);
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
