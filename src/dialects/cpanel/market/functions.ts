import type { UapiModule } from '../call.ts';
import { getProvidersList } from './provider.ts';

/** Functions of the module Market. */
export const market: UapiModule = {
  get_providers_list: getProvidersList,
};
