import { type Answer, CallFailure } from './call.ts';
import { errorsOf } from './errors.ts';

/** What every form of address shows of a call: status 1 or 0, and null for lists of texts that are empty. */
export interface Result {
  data: unknown;
  errors: string[] | null;
  messages: string[] | null;
  metadata: Record<string, unknown>;
  status: 0 | 1;
  warnings: string[] | null;
}

export function succeeded({ data, messages = [], warnings = [], metadata = {} }: Answer): Result {
  return {
    data: data === undefined ? null : data,
    errors: null,
    messages: textsOrNull(messages),
    metadata,
    status: 1,
    warnings: textsOrNull(warnings),
  };
}

/** A call that did not succeed, whatever was thrown. */
export function failed(error: unknown): Result {
  const data = error instanceof CallFailure ? error.data : null;
  return { data, errors: errorsOf(error), messages: null, metadata: {}, status: 0, warnings: null };
}

function textsOrNull(texts: readonly string[]): string[] | null {
  return texts.length === 0 ? null : [...texts];
}

/** As `/json-api/cpanel` with `cpanel_jsonapi_apiversion=3` and the published description have it. */
export function wrapped(module: string, func: string, result: Result): Record<string, unknown> {
  return { apiversion: 3, func, module, result };
}

/** As WHM's `uapi_cpanel` has it. */
export function inWhm(result: Result): Record<string, unknown> {
  return { metadata: whmMetadata('uapi_cpanel', null), data: { uapi: result } };
}

/** WHM API 1 where it did not come to a call. */
export function whmFailure(command: string, reason: string): Record<string, unknown> {
  return { data: null, metadata: whmMetadata(command, reason) };
}

function whmMetadata(command: string, reason: string | null): Record<string, unknown> {
  return { command, reason: reason ?? 'OK', result: reason === null ? 1 : 0, version: 1 };
}

/** As API 2 has it: `data` is always a list. */
export function asApi2(module: string, func: string, result: Result): Record<string, unknown> {
  const { data, errors } = result;
  const list = data === null ? [] : Array.isArray(data) ? data : [data];
  return {
    cpanelresult: {
      apiversion: 2,
      func,
      module,
      data: list,
      ...(errors === null ? {} : { error: errors.join('; ') }),
      event: { result: errors === null ? 1 : 0, ...(errors === null ? {} : { reason: errors.join('; ') }) },
    },
  };
}

/** Where nobody is signed in, or not with the right key; every value is text. */
export const ACCESS_DENIED = {
  cpanelresult: {
    apiversion: '2',
    error: 'Access denied',
    data: { reason: 'Access denied', result: '0' },
    type: 'text',
  },
} as const;
