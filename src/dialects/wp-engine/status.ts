import * as answers from './answers.ts';
import type { Endpoint } from './endpoint.ts';

/** RFC 3339 with an offset in figures, as this call alone tells it. */
export const STATUS: Endpoint = {
  method: 'GET',
  path: '/status',
  summary: 'Whether the API is up',
  permission: null,
  body: null,
  query: {},
  answers: { 200: answers.status },
  handle: async ({ clock }) => {
    const created = new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, '+00:00');
    return { status: 200, json: { success: true, created_on: created } };
  },
};
