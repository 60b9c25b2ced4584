import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, Seen, Trouble } from './script.ts';

/** Sends the answer, with the trouble that the script wants. `seen.status` is set once it was sent whole. */
export async function misbehave(
  trouble: Trouble | null,
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
): Promise<void> {
  switch (trouble?.kind) {
    case 'reset-after':
      request.socket.resetAndDestroy();
      return;
    case 'reset-within': {
      const body = octets(answer);
      write(response, answer, body.length);
      response.write(body.subarray(0, body.length >> 1), () => request.socket.resetAndDestroy());
      return;
    }
    case 'truncate': {
      const body = octets(answer);
      return send(request, response, answer, body.subarray(0, body.length >> 1), seen);
    }
    case 'oversize':
      return send(request, response, answer, Buffer.concat([octets(answer), Buffer.alloc(trouble.bytes, ' ')]), seen);
    case 'garbage':
      return send(request, response, answer, Buffer.from('<html>\u0000{"status":'), seen);
    case 'edit': {
      const edited = trouble.edit(structuredClone(answer));
      return send(request, response, edited, octets(edited), seen);
    }
    case 'hold':
      await trouble.until;
      break;
    default:
  }
  send(request, response, answer, octets(answer), seen);
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer, body: Buffer, seen: Seen): void {
  seen.status = answer.status;
  write(response, answer, body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

function write(response: ServerResponse, answer: Answer, length: number): void {
  response.statusCode = answer.status;
  if (answer.status !== 204) response.setHeader('content-length', length);
  if (typeof answer.body !== 'string' && answer.headers['content-type'] === undefined)
    response.setHeader('content-type', 'application/json');
  for (const [name, value] of Object.entries(answer.headers)) {
    if (typeof value === 'string') response.setHeader(name, value);
    else if (value.length > 0) response.setHeader(name, value);
  }
}

function octets(answer: Answer): Buffer {
  return Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
}
