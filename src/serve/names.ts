import type { Config } from '../config/load.ts';
import type { NamePolicy } from '../core/ports.ts';
import { createNamePolicy } from '../pki/names.ts';
import { RESERVED_SUFFIXES } from '../sandbox/reserved-names.ts';

/** Names that may be ordered: as the CA's profile has it, and in the sandbox the reserved ones. */
export function namesOf(config: Config): NamePolicy {
  const allowReserved = config.sandbox.enabled ? RESERVED_SUFFIXES : config.ca.internalNames;
  return createNamePolicy({ profile: config.ca.profile, allowReserved });
}
