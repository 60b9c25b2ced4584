import type { Actor } from '../../core/desk.ts';
import type { World } from './world.ts';

/** Parameters of one call, in the request's order. Names repeat or count up: `domain`, `domain-0`, `domain-1`. */
export interface Parameters {
  /** @throws CallFailure where it is missing or empty, in the API's words */
  required(name: string): string;
  optional(name: string): string | undefined;
  /** Every value of a parameter that may repeat, in the request's order; empty where it is missing. */
  all(name: string): string[];
  /** `1` or `0`. @throws CallFailure for another value */
  flag(name: string, fallback: boolean): boolean;
  /** @throws CallFailure unless it is a whole number */
  integer(name: string): number | undefined;
  /** JSON text. @throws CallFailure unless it is JSON */
  json(name: string): unknown;
}

/** One call of one function, signed in. */
export interface Call {
  actor: Actor;
  module: string;
  func: string;
  parameters: Parameters;
  world: World;
  /** Scheme and host as the client reached us, without a trailing slash. */
  origin: string;
}

/** What a function answers with; the envelope is put around it by the form of the address. */
export interface Answer {
  data: unknown;
  messages?: string[];
  warnings?: string[];
  metadata?: Record<string, unknown>;
}

export type UapiFunction = (call: Call) => Promise<Answer>;

/** Functions of one module, by their names. */
export type UapiModule = Readonly<Record<string, UapiFunction>>;

/** A function that did not succeed: status 0 with these errors, and with data where the documents say so. */
export class CallFailure extends Error {
  readonly errors: readonly string[];
  readonly data: unknown;

  constructor(errors: string | readonly string[], data: unknown = null) {
    const list = typeof errors === 'string' ? [errors] : errors;
    super(list.join('; '));
    this.errors = list;
    this.data = data;
  }
}
