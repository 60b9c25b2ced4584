import { ZONE_FUNCTIONS } from './account/api2-zones.ts';
import type { Call, UapiFunction } from './call.ts';
import { CallFailure } from './call.ts';
import { installSslApi2 } from './ssl/api2.ts';

/** The functions of API 2 that old clients call, by `Module::function`. Each answers the list in `data`. */
const FUNCTIONS: Readonly<Record<string, UapiFunction>> = {
  'CustInfo::displaycontactinfo': displayContactInfo,
  'SSL::installssl': installSslApi2,
  ...ZONE_FUNCTIONS,
};

/** @throws CallFailure in the API's words */
export function findApi2Function(module: string, func: string): UapiFunction {
  const name = `${module}::${func}`;
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (found === undefined) throw new CallFailure(`Could not find function '${func}' in module '${module}'`);
  return found;
}

/** Clients call it to learn whether their key works. */
async function displayContactInfo({ actor, world }: Call) {
  const [user] = await world.store.find('users', { accountId: actor.accountId }, { limit: 1 });
  const value = user?.email ?? '';
  const descp = 'The primary email address to send notifications to';
  return { data: [{ name: 'email', value, descp, type: 'string', enabled: 1, onchangeparent: null }] };
}
