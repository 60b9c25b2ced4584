import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const FIT = /^[\w.-]{8,64}$/;

/**
 * Gives each request an id: the caller's `x-request-id` where it is 8 to 64 plain characters, else one of our own
 * that is unique over restarts.
 */
export function requestIds(): (request: { headers: IncomingHttpHeaders }) => string {
  const start = randomBytes(6).toString('hex');
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && FIT.test(given)) return given;
    count += 1;
    return `${start}-${count.toString(36)}`;
  };
}
