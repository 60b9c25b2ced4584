import { CallFailure, type Parameters } from './call.ts';

/** Names and values as they were sent, in the request's order. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** Arguments of one function over what was sent. */
export function createParameters(pairs: Pairs): Parameters {
  const first = (name: string): string | undefined => pairs.find(([other]) => other === name)?.[1];
  const optional = (name: string): string | undefined => first(name) || undefined;
  return {
    optional,
    required(name) {
      const value = optional(name);
      if (value === undefined) throw missing(name);
      return value;
    },
    all: (name) => pairs.filter(([other]) => repeats(name, other)).map(([, value]) => value),
    flag(name, fallback) {
      const value = optional(name);
      if (value === undefined) return fallback;
      if (value === '1' || value === '0') return value === '1';
      throw new CallFailure(`The “${name}” parameter must be 1 or 0.`);
    },
    integer(name) {
      const value = optional(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (/^-?[0-9]{1,16}$/.test(value) && Number.isSafeInteger(number)) return number;
      throw new CallFailure(`The “${name}” parameter must be a whole number.`);
    },
    json(name) {
      const value = optional(name);
      return value === undefined ? undefined : parseJsonText(name, value);
    },
  };
}

/** What a function says of an argument that it needs. */
export function missing(name: string): CallFailure {
  return new CallFailure(`Provide the ‘${name}’ argument.`);
}

/**
 * The JSON in an argument.
 * @throws CallFailure
 */
export function parseJsonText(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallFailure(`The “${name}” parameter is not valid JSON.`);
  }
}

/** `domain`, `domain-0`, and as clients of JavaScript write lists: `domain[]`, `domain[0]`. */
function repeats(name: string, other: string): boolean {
  if (!other.startsWith(name)) return false;
  return /^(-[0-9]{1,6}|\[[0-9]{0,6}\])?$/.test(other.slice(name.length));
}
