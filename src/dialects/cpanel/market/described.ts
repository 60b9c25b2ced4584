import { type Result, wrapped } from '../envelopes.ts';

type Entry = Readonly<Record<string, unknown>>;

/** Members that the published description has as one object although they are lists, and which entry stands for all. */
const OBJECTS: Readonly<Record<string, { member: string; choose(list: readonly Entry[]): Entry | undefined }>> = {
  'Market::request_ssl_certificates': {
    member: 'certificates',
    choose: (list) => (list.length === 1 ? list[0] : undefined),
  },
  'Market::get_certificate_status_details': {
    member: 'domain_details',
    choose: (list) => list.find(({ status }) => status !== 'VALIDATED') ?? list[0],
  },
};

/**
 * A result to the letter of the published description, for clients that were generated from it and read nothing else:
 * a list that it has as an object is one. Of several domains it is the first that still waits; several certificates
 * stay a list.
 */
export function described(module: string, func: string, result: Result): Record<string, unknown> {
  const rule = OBJECTS[`${module}::${func}`];
  const data = result.data as Record<string, unknown> | null;
  const list = rule === undefined ? undefined : (data?.[rule.member] as readonly Entry[] | undefined);
  const chosen = list === undefined ? undefined : rule?.choose(list);
  if (rule === undefined || chosen === undefined) return wrapped(module, func, result);
  return wrapped(module, func, { ...result, data: { ...data, [rule.member]: chosen } });
}
