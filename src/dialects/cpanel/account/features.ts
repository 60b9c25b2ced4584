import { type Answer, type Call, CallFailure, type UapiModule } from '../call.ts';

/** What accounts can do here, by the vendor's names of features. */
const FEATURES: Readonly<Record<string, 0 | 1>> = {
  apitokens: 1,
  autossl: 1,
  backup: 0,
  changemx: 0,
  market: 1,
  sslinstall: 1,
  sslmanager: 1,
  zoneedit: 0,
};

export const features: UapiModule = {
  list_features: async () => ({ data: FEATURES }),
  has_feature: hasFeature,
};

/** Success where the account has it. */
async function hasFeature({ parameters }: Call): Promise<Answer> {
  const name = parameters.required('name');
  const enabled = Object.hasOwn(FEATURES, name) ? FEATURES[name] : undefined;
  if (enabled === 1) return { data: null };
  throw new CallFailure(
    enabled === 0 ? `The feature “${name}” exists but is not enabled.` : `The feature “${name}” does not exist.`,
  );
}
