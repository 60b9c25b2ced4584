import { DeskError } from './errors.ts';

/**
 * States and the transitions between them, one table per thing. A transition that is not listed is an error.
 */
type Transitions<State extends string> = Readonly<Record<State, readonly State[]>>;

export type OrderState = 'pending' | 'active' | 'ended' | 'cancelled' | 'rejected' | 'failed';
const ORDER: Transitions<OrderState> = {
  pending: ['active', 'cancelled', 'rejected', 'failed'],
  active: ['ended', 'cancelled'],
  ended: [],
  cancelled: [],
  rejected: [],
  failed: [],
};

export type RequestState = 'needs-approval' | 'waiting' | 'issuing' | 'completed' | 'cancelled' | 'rejected' | 'failed';
const REQUEST: Transitions<RequestState> = {
  'needs-approval': ['waiting', 'cancelled', 'rejected', 'failed'],
  waiting: ['issuing', 'completed', 'cancelled', 'failed'],
  issuing: ['waiting', 'completed', 'failed'],
  completed: [],
  cancelled: [],
  rejected: [],
  failed: [],
};

export type ValidationState = 'waiting' | 'attention' | 'valid' | 'cancelled';
const VALIDATION: Transitions<ValidationState> = {
  waiting: ['attention', 'valid', 'cancelled'],
  attention: ['waiting', 'valid', 'cancelled'],
  valid: [],
  cancelled: [],
};

export type CertificateState = 'active' | 'expired' | 'revoked' | 'reissued' | 'renewed';
const CERTIFICATE: Transitions<CertificateState> = {
  active: ['expired', 'revoked', 'reissued', 'renewed'],
  reissued: ['revoked', 'expired'],
  renewed: ['revoked', 'expired'],
  expired: [],
  revoked: [],
};

export type ChargeState = 'reserved' | 'captured' | 'released';
const CHARGE: Transitions<ChargeState> = {
  reserved: ['captured', 'released'],
  captured: [],
  released: [],
};

export const TRANSITIONS = {
  order: ORDER,
  request: REQUEST,
  validation: VALIDATION,
  certificate: CERTIFICATE,
  charge: CHARGE,
} as const;

type Things = typeof TRANSITIONS;

/**
 * The state after the transition.
 * @throws DeskError `wrong-state` where the table does not list it.
 */
export function transition<Thing extends keyof Things, To extends keyof Things[Thing] & string>(
  thing: Thing,
  from: keyof Things[Thing] & string,
  to: To,
): To {
  if (!mayBecome(thing, from, to)) {
    throw new DeskError('wrong-state', `A ${thing} that is ${from} cannot become ${to}`);
  }
  return to;
}

export function mayBecome<Thing extends keyof Things>(
  thing: Thing,
  from: keyof Things[Thing] & string,
  to: keyof Things[Thing] & string,
): boolean {
  const row = TRANSITIONS[thing][from as never] as readonly string[];
  return row.includes(to);
}

/** A state from which nothing leads on. */
export function isFinal<Thing extends keyof Things>(thing: Thing, state: keyof Things[Thing] & string): boolean {
  return (TRANSITIONS[thing][state as never] as readonly string[]).length === 0;
}
