import { type AccountKey, bindExternally, jsonBytes } from './account-key.ts';
import {
  type AcmeAccountView,
  type AcmeAuthorization,
  type AcmeOrder,
  type Identifier,
  readAccount,
  readAuthorization,
  readOrder,
} from './objects.ts';
import { AcmeError } from './problems.ts';
import { type RenewalInfo, readRenewalInfo, renewalInfoUrl } from './renewal-info.ts';
import type { AcmeSettings } from './settings.ts';
import { type AcmeAnswer, parseJson, type Transport } from './transport.ts';
import { linksOf } from './urls.ts';

/** An account that the CA knows, with its key. */
export interface OpenAccount {
  url: string;
  key: AccountKey;
}

/** An object of the CA, and when it wants to be asked again. */
export interface Seen<T> {
  object: T;
  retryAt: number | null;
}

export interface NewOrder {
  identifiers: readonly Identifier[];
  profile: string | null;
  /** CertID of a certificate that this one takes the place of (RFC 9773 §5). */
  replaces: string | null;
}

/** PEM of a chain, leaf first, and where other chains of the same leaf are. */
export interface Delivery {
  pem: string;
  alternates: string[];
}

/** RFC 8555 call by call. Each throws `AcmeError`, and keeps nothing. */
export interface AcmeClient {
  /** §7.3: makes the account, or finds the one of this key. */
  newAccount(key: AccountKey): Promise<AcmeAccountView>;
  /** §7.3.1: null where the CA knows no account with this key. */
  findAccount(key: AccountKey): Promise<AcmeAccountView | null>;
  /** §7.3.2. */
  updateContacts(account: OpenAccount, contacts: readonly string[]): Promise<AcmeAccountView>;
  /** §7.3.6. */
  deactivate(account: OpenAccount): Promise<AcmeAccountView>;
  /** The account as it is there. */
  account(account: OpenAccount): Promise<AcmeAccountView>;
  /** §7.3.5. */
  changeKey(account: OpenAccount, next: AccountKey): Promise<void>;
  newOrder(account: OpenAccount, order: NewOrder): Promise<AcmeOrder>;
  order(account: OpenAccount, url: string): Promise<Seen<AcmeOrder>>;
  authorization(account: OpenAccount, url: string): Promise<Seen<AcmeAuthorization>>;
  /** §7.5.1: tells the CA that the challenge is answered. */
  answer(account: OpenAccount, challengeUrl: string): Promise<void>;
  finalize(account: OpenAccount, order: AcmeOrder, csr: Uint8Array): Promise<Seen<AcmeOrder>>;
  certificate(account: OpenAccount, url: string): Promise<Delivery>;
  /** §7.6. `reason` of RFC 5280 §5.3.1, or null. */
  revoke(account: OpenAccount, certificate: Uint8Array, reason: number | null): Promise<void>;
  /** RFC 9773 §4; null where the CA gives none. */
  renewalInfo(certId: string): Promise<Seen<RenewalInfo> | null>;
}

const PEM_CHAIN = 'application/pem-certificate-chain';
const MAX_ALTERNATES = 5;

export function createAcmeClient(
  settings: Pick<AcmeSettings, 'contacts' | 'externalAccount'>,
  transport: Transport,
): AcmeClient {
  const { rule, post, directory } = transport;

  async function newAccount(key: AccountKey): Promise<AcmeAccountView> {
    const { newAccount: url, externalAccountRequired } = await directory();
    const { contacts, externalAccount } = settings;
    if (externalAccountRequired && externalAccount === null) {
      const detail = 'the CA gives accounts only with an external account binding; configure eabKeyId and its key';
      const problem = { status: 0, type: 'externalAccountRequired', detail, subproblems: [], instance: null };
      throw new AcmeError(detail, { problem });
    }
    const binding =
      externalAccount === null ? {} : { externalAccountBinding: await bindExternally(externalAccount, key, url) };
    const wish = { termsOfServiceAgreed: true, contact: contacts, ...binding };
    return accountIn(await post(url, 'account', wish, { key, url: null }));
  }

  async function findAccount(key: AccountKey): Promise<AcmeAccountView | null> {
    try {
      const wish = { onlyReturnExisting: true };
      return accountIn(await post((await directory()).newAccount, 'account', wish, { key, url: null }));
    } catch (error) {
      if (error instanceof AcmeError && error.problem?.type === 'accountDoesNotExist') return null;
      throw error;
    }
  }

  function accountIn(answer: AcmeAnswer): AcmeAccountView {
    return readAccount(parseJson(answer.body), locationOf(answer, 'account'));
  }

  function locationOf({ headers, url }: AcmeAnswer, what: string): string {
    return rule.check(URL.parse(headers['location'] ?? '', url)?.href, `${what} (its Location)`);
  }

  async function changeAccount(account: OpenAccount, change: unknown): Promise<AcmeAccountView> {
    return readAccount(parseJson((await post(account.url, 'account', change, account)).body), account.url);
  }

  async function changeKey(account: OpenAccount, next: AccountKey): Promise<void> {
    const url = (await directory()).keyChange;
    const change = { account: account.url, oldKey: account.key.publicJwk };
    const inner = await next.sign({ jwk: next.publicJwk, url }, jsonBytes(change));
    await post(url, 'key change', inner, account);
  }

  async function newOrder(account: OpenAccount, { identifiers, profile, replaces }: NewOrder): Promise<AcmeOrder> {
    const wish = {
      identifiers,
      ...(profile === null ? {} : { profile }),
      ...(replaces === null ? {} : { replaces }),
    };
    const answer = await post((await directory()).newOrder, 'order', wish, account);
    return readOrder(parseJson(answer.body), locationOf(answer, 'order'), rule);
  }

  /** POST-as-GET of an object. */
  async function look<T>(account: OpenAccount, url: string, what: string, read: Read<T>): Promise<Seen<T>> {
    const answer = await post(url, what, null, account);
    return { object: read(parseJson(answer.body), url, rule), retryAt: answer.retryAt };
  }

  async function certificate(account: OpenAccount, url: string): Promise<Delivery> {
    const answer = await post(url, 'certificate', null, account, PEM_CHAIN);
    const type = answer.headers['content-type'] ?? PEM_CHAIN;
    if (!type.toLowerCase().startsWith(PEM_CHAIN)) throw new AcmeError('The CA answered with no chain of certificates');
    const alternates = linksOf(answer.headers['link'], 'alternate', url).slice(0, MAX_ALTERNATES);
    return {
      pem: Buffer.from(answer.body).toString('latin1'),
      alternates: alternates.filter((one) => rule.allows(one)),
    };
  }

  async function renewalInfo(certId: string): Promise<Seen<RenewalInfo> | null> {
    const base = (await directory()).renewalInfo;
    if (base === null) return null;
    const answer = await transport.get(renewalInfoUrl(base, certId), 'renewal information');
    return { object: readRenewalInfo(parseJson(answer.body)), retryAt: answer.retryAt };
  }

  return {
    newAccount,
    findAccount,
    updateContacts: (account, contacts) => changeAccount(account, { contact: contacts }),
    deactivate: (account) => changeAccount(account, { status: 'deactivated' }),
    account: (account) => changeAccount(account, null),
    changeKey,
    newOrder,
    order: (account, url) => look(account, url, 'order', readOrder),
    authorization: (account, url) => look(account, url, 'authorization', readAuthorization),
    answer: async (account, url) => void (await post(url, 'challenge', {}, account)),
    finalize: async (account, order, csr) => {
      const wish = { csr: Buffer.from(csr).toString('base64url') };
      const answer = await post(order.finalize, 'finalize', wish, account);
      return { object: readOrder(parseJson(answer.body), order.url, rule), retryAt: answer.retryAt };
    },
    certificate,
    revoke: async (account, der, reason) => {
      const wish = {
        certificate: Buffer.from(der).toString('base64url'),
        ...(reason === null ? {} : { reason }),
      };
      await post((await directory()).revokeCert, 'revocation', wish, account);
    },
    renewalInfo,
  };
}

type Read<T> = (value: unknown, url: string, rule: Transport['rule']) => T;
