import { DeskError } from '../../core/errors.ts';
import type { Instant } from '../../core/time.ts';
import { changeAccountKey, findAccountRecord, noAccount, openKey, retireAccount } from './accounts.ts';
import type { AcmeAccountView } from './objects.ts';
import { AcmeError } from './problems.ts';
import type { AccountKeyType } from './settings.ts';
import { accountOf, type StepWorld } from './step.ts';

/** What the command line does with an issuer. Errors of the CA become `issuer-unavailable` with what it said. */

/** An issuer as it is here, without asking the CA. */
export interface AcmeSummary {
  name: string;
  directory: string;
  /** Null until the first order. */
  account: string | null;
  /** `ES256`, `ES384` or `RS256`; null without an account. */
  keyAlgorithm: string | null;
  /** A key change was begun and not finished. */
  keyChange: boolean;
  since: Instant | null;
}

export async function showIssuer(world: StepWorld): Promise<AcmeSummary> {
  const { name, directory } = world.settings;
  const record = await findAccountRecord(world);
  return {
    name,
    directory,
    account: record?.accountUrl ?? null,
    keyAlgorithm: record === null ? null : (await openKey(world, record.encryptedKey)).algorithm,
    keyChange: record !== null && record.encryptedNextKey !== null,
    since: record?.createdAt ?? null,
  };
}

/** What the CA says of itself and of the account. */
export interface AcmeCheck {
  termsOfService: string | null;
  /** Null where the CA has none. */
  profiles: readonly string[] | null;
  renewalInfo: boolean;
  externalAccountRequired: boolean;
  /** Null until the first order. */
  account: AcmeAccountView | null;
  /** What stands in the way of orders. */
  faults: string[];
}

/** Asks the CA; changes nothing. */
export function checkIssuer(world: StepWorld): Promise<AcmeCheck> {
  return told(async () => {
    const { transport, client, settings } = world;
    const { termsOfService, profiles, renewalInfo, externalAccountRequired } = await transport.directory();
    const record = await findAccountRecord(world);
    const account = record === null || record.accountUrl === null ? null : await client.account(await accountOf(world));
    const faults: string[] = [];
    if (settings.profile !== null && profiles?.includes(settings.profile) !== true) {
      faults.push(`the CA does not offer the profile ${settings.profile}`);
    }
    if (externalAccountRequired && settings.externalAccount === null) {
      faults.push('the CA gives accounts only with an external account binding: set eabKeyId and its key');
    }
    if (account !== null && account.status !== 'valid') faults.push(`the account is ${account.status}`);
    return {
      termsOfService,
      profiles,
      renewalInfo: renewalInfo !== null,
      externalAccountRequired,
      account,
      faults,
    };
  });
}

/** A new key for the account; `type` is as configured unless given. @returns its thumbprint (RFC 7638) */
export function changeIssuerKey(world: StepWorld, type?: AccountKeyType): Promise<string> {
  return told(async () => {
    const key = await changeAccountKey(world, world.client, type ?? world.settings.keyAlgorithm);
    return key.thumbprint;
  });
}

/** Tells the CA the contacts of the configuration. */
export function updateIssuer(world: StepWorld): Promise<AcmeAccountView> {
  return told(async () => {
    await needAccount(world);
    return world.client.updateContacts(await accountOf(world), world.settings.contacts);
  });
}

/** Deactivates the account at the CA (RFC 8555 §7.3.6) and puts it out of use here; the next order makes another. */
export function retireIssuer(world: StepWorld): Promise<string> {
  return told(async () => {
    await needAccount(world);
    const account = await accountOf(world);
    try {
      await world.client.deactivate(account);
    } catch (error) {
      // Where the CA has closed it already, or forgotten it, there is nothing to be closed.
      const known = error instanceof AcmeError ? error.problem?.type : undefined;
      if (known !== 'unauthorized' && known !== 'accountDoesNotExist') throw error;
    }
    await retireAccount(world);
    return account.url;
  });
}

async function needAccount(world: StepWorld): Promise<void> {
  const record = await findAccountRecord(world);
  if (record === null || record.accountUrl === null) throw noAccount(world);
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AcmeError) throw new DeskError('issuer-unavailable', error.message, { cause: error });
    throw error;
  }
}
