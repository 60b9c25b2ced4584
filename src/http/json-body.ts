import { DeskError } from '../core/errors.ts';

/**
 * JSON text of a body; an empty one is `{}`, as clients send `Content-Type: application/json` without a body.
 * `complaint` is what the caller reads where it is not JSON, in the words of the API.
 * @throws DeskError `malformed-message`
 */
export function parseJson(text: string, complaint: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (json.trim() === '') return {};
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new DeskError('malformed-message', complaint, { cause });
  }
}
