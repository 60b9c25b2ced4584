import type { Answer, Call } from '../call.ts';
import { CallFailure } from '../call.ts';

/** The one provider: this desk. */
export async function getProvidersList({ world }: Call): Promise<Answer> {
  const { provider: name, displayName: display_name } = world.shop;
  return { data: [{ name, display_name }] };
}

/**
 * The provider that a call names, by its name or an alias.
 * @throws CallFailure where it is missing or another
 */
export function checkProvider({ parameters, world }: Call): void {
  const named = parameters.required('provider');
  const { provider, aliases } = world.shop;
  if (named !== provider && !aliases.includes(named)) {
    throw new CallFailure(`The system does not have a provider named “${named}”.`);
  }
}
