import { DeskError } from '../../../core/errors.ts';
import { isWildcard } from '../../../core/names.ts';
import { type Call, CallFailure } from '../call.ts';

export interface SubjectName {
  /** A-label, lower case; `*.` may stand in front. */
  name: string;
  dcv: 'http' | 'dns';
}

/** Of one certificate. */
const MOST_NAMES = 1_000;

/**
 * `subject_names` in each of the forms that clients send: pairs `["dNSName", NAME]`, objects with `type`, `name` and
 * `dcv_method`, and objects `{"dNSName": NAME}`. Where no method is told it is `http`, which no wildcard can use.
 * @throws CallFailure
 */
export function readSubjectNames({ world }: Pick<Call, 'world'>, sent: unknown): SubjectName[] {
  if (!Array.isArray(sent) || sent.length === 0) {
    throw new CallFailure('The “subject_names” must be an array of at least one name.');
  }
  if (sent.length > MOST_NAMES) throw new CallFailure(`The “subject_names” has more than ${MOST_NAMES} names.`);
  const names = sent.map((entry, index) => {
    const { type, name, dcv } = readEntry(entry, index);
    if (type !== 'dNSName')
      throw new CallFailure(`The subject name type “${shown(type)}” is not supported, only “dNSName”.`);
    return { name: normalised(world, name), dcv };
  });
  const twice = names.find(({ name }, index) => names.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) throw new CallFailure(`The subject name “${twice.name}” appears more than once.`);
  const wildcard = names.find(({ name, dcv }) => isWildcard(name) && dcv === 'http');
  if (wildcard !== undefined) {
    throw new CallFailure(`The wildcard domain “${wildcard.name}” requires the “dcv_method” “dns”.`);
  }
  return names;
}

function readEntry(entry: unknown, index: number): { type: unknown; name: string; dcv: SubjectName['dcv'] } {
  const bad = new CallFailure(`The entry ${index + 1} of “subject_names” is not valid.`);
  if (Array.isArray(entry)) {
    const [type, name] = entry as unknown[];
    if (entry.length !== 2 || typeof name !== 'string') throw bad;
    return { type, name, dcv: 'http' };
  }
  if (entry === null || typeof entry !== 'object') throw bad;
  const { type, name, dcv_method: method = 'http', dNSName } = entry as Record<string, unknown>;
  const isShort = type === undefined && name === undefined && typeof dNSName === 'string';
  const value = isShort ? dNSName : name;
  if (typeof value !== 'string') throw bad;
  if (method !== 'http' && method !== 'dns')
    throw new CallFailure(`The “dcv_method” “${shown(method)}” is not “http” or “dns”.`);
  return { type: isShort ? 'dNSName' : type, name: value, dcv: method };
}

function normalised({ names }: Call['world'], name: string): string {
  try {
    return names.normalise(name, 'subject_names');
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    throw new CallFailure(`The subject name “${shown(name)}” is not valid: ${error.message}`);
  }
}

/** What somebody sent, in one message. */
function shown(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 100);
}
