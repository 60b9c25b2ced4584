import { batch } from './account/batch.ts';
import { dns } from './account/dns.ts';
import { domainInfo, webVhosts } from './account/domains.ts';
import { features } from './account/features.ts';
import { tokens } from './account/tokens.ts';
import { variables } from './account/variables.ts';
import type { UapiFunction, UapiModule } from './call.ts';
import { dcv } from './dcv/functions.ts';
import { market } from './market/functions.ts';
import { ssl } from './ssl/functions.ts';
import { unknownFunction, unknownModule } from './errors.ts';

/** Every module that is served, by its name. Names are case-sensitive. */
export const MODULES: ReadonlyMap<string, UapiModule> = new Map<string, UapiModule>([
  ['Market', market],
  ['SSL', ssl],
  ['DCV', dcv],
  ['WebVhosts', webVhosts],
  ['DomainInfo', domainInfo],
  ['Tokens', tokens],
  ['DNS', dns],
  ['Features', features],
  ['Variables', variables],
  ['Batch', batch(findFunction)],
]);

/** @throws CallFailure in the API's words for a module or a function that is not served */
export function findFunction(module: string, func: string): UapiFunction {
  const functions = MODULES.get(module);
  if (functions === undefined) throw unknownModule(module);
  const found = Object.hasOwn(functions, func) ? functions[func] : undefined;
  if (found === undefined) throw unknownFunction(module, func);
  return found;
}
