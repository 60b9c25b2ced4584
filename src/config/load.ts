import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { ShopSettings } from '../core/checkouts.ts';
import type { Catalogue } from '../core/products.ts';
import { DeskError } from '../core/errors.ts';
import { buildCatalogue } from './catalogue.ts';
import { checkProductIssuers } from './check-products.ts';
import { complaint, mistakes, place } from './complaints.ts';
import type { AcmeIssuerConfig } from './issuer-schema.ts';
import { outsideOf, type Source } from './outside.ts';
import type { ResponderConfig } from './responder-schema.ts';
import { configSchema, type Settings } from './schema.ts';

/** Secrets, from the environment alone. */
interface Secrets {
  /** `DATABASE_URL`: PostgreSQL in place of SQLite. */
  readonly databaseUrl: string | null;
  /** `CHANCERY_PASSPHRASE`: encrypts the CA's keys and other secrets at rest, in place of a key file. */
  readonly passphrase: string | null;
  /** `CHANCERY_SMTP_PASSWORD` */
  readonly smtpPassword: string | null;
  /** `CHANCERY_PAYMENT_SECRET`: signs links to `shop.paymentUrl`. */
  readonly paymentSecret: string | null;
}

/** What the desk runs with: checked, with every default filled in, frozen. Paths are absolute. */
export interface Config
  extends Omit<Settings, 'sandbox' | 'accounts' | 'rateLimits' | 'publicUrl' | 'shop' | 'issuers' | 'responder'> {
  readonly file: string | null;
  readonly publicUrl: string | null;
  readonly keyFile: string;
  readonly sandbox: { readonly enabled: boolean };
  readonly accounts: { readonly currency: string; readonly startBalance: number; readonly freeOrdersPerDay: number };
  readonly rateLimits: { readonly perSecond: number; readonly burst: number; readonly vendorLimits: boolean };
  readonly shop: ShopSettings;
  readonly catalogue: Catalogue;
  /** CAs outside, by name. */
  readonly issuers: Readonly<Record<string, AcmeIssuerConfig>>;
  readonly responder: ResponderConfig;
  readonly secrets: Secrets;
}

export interface LoadOptions {
  /** TOML file; absent for the defaults, with the sandbox. */
  file?: string | undefined;
  /** Values of the command line; they win over the file. */
  listen?: string | undefined;
  data?: string | undefined;
  tls?: boolean | undefined;
  environment?: Readonly<Record<string, string | undefined>>;
}

/** Cents: 100,000.00 to play with. */
const SANDBOX_BALANCE = 10_000_000;

/**
 * Reads, checks and freezes the configuration.
 * @throws DeskError `invalid-value`: one violation for each mistake, its field `FILE:LINE` where a line is known; the
 * message lists them all.
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const environment = options.environment ?? {};
  const file = options.file ?? environment.CHANCERY_CONFIG;
  const source = file === undefined ? '' : readSource(file);
  const input = parseToml(source, file ?? '');
  if (options.listen !== undefined) input.listen = options.listen;
  const result = configSchema.safeParse(input);
  if (!result.success) throw mistakes(result.error.issues, source, file);
  checkProfile(result.data, source, file);
  const base = file === undefined ? process.cwd() : dirname(resolve(file));
  return assemble(result.data, options, { text: source, file, base, environment });
}

function assemble(settings: Settings, options: LoadOptions, source: Source): Config {
  const { environment, base, file } = source;
  const override = options.data ?? environment.CHANCERY_DATA;
  const data = override === undefined ? resolve(base, settings.data) : resolve(override);
  const sandboxed = settings.sandbox.enabled ?? file === undefined;
  const { perSecond, ...limits } = settings.rateLimits;
  const outside = outsideOf(settings, source);
  return freeze({
    ...settings,
    ...outside,
    file: file === undefined ? null : resolve(file),
    data,
    publicUrl: settings.publicUrl ?? null,
    tls: { ...settings.tls, enabled: options.tls ?? settings.tls.enabled },
    keyFile: settings.ca.keyFile === undefined ? resolve(data, 'secret.key') : resolve(base, settings.ca.keyFile),
    sandbox: { enabled: sandboxed },
    accounts: {
      currency: settings.accounts.currency,
      startBalance: settings.accounts.startBalance ?? (sandboxed ? SANDBOX_BALANCE : 0),
      freeOrdersPerDay: settings.accounts.freeOrdersPerDay ?? (sandboxed ? 0 : 200),
    },
    rateLimits: { ...limits, perSecond: perSecond ?? (sandboxed ? 0 : 100) },
    shop: shopOf(settings, environment.CHANCERY_PAYMENT_SECRET || null, source.text, file),
    catalogue: products(settings, outside.issuers, source),
    secrets: {
      databaseUrl: environment.DATABASE_URL || null,
      passphrase: environment.CHANCERY_PASSPHRASE || null,
      smtpPassword: environment.CHANCERY_SMTP_PASSWORD || null,
      paymentSecret: environment.CHANCERY_PAYMENT_SECRET || null,
    },
  });
}

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DeskError('invalid-value', `The configuration file ${file} cannot be read; check the path and its mode`, {
      field: file,
      cause,
    });
  }
}

function parseToml(source: string, file: string): Record<string, unknown> {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? '';
    throw complaint([{ field: `${file}:${error.line}`, message: `is not TOML: ${reason}` }]);
  }
}

function checkProfile(settings: Settings, source: string, file: string | undefined): void {
  if (settings.ca.profile === 'private') return;
  const relaxed = (['validityDays', 'domainReuseDays', 'organizationReuseDays'] as const).filter(
    (key) => settings.ca[key] !== undefined,
  );
  const named = settings.ca.internalNames.length > 0 ? [...relaxed, 'internalNames' as const] : relaxed;
  if (named.length === 0) return;
  throw complaint(
    named.map((key) => ({
      field: place(source, file, ['ca', key]),
      message: `ca.${key} relaxes the Baseline Requirements, which needs profile = "private" in [ca]`,
    })),
  );
}

function shopOf(
  { shop: { paymentUrl, ...shop }, dialects }: Settings,
  secret: string | null,
  source: string,
  file: string | undefined,
): ShopSettings {
  if (paymentUrl === undefined || !dialects.cpanel) return { ...shop, payment: null };
  if (secret !== null) return { ...shop, payment: { url: paymentUrl, secret } };
  const message = 'shop.paymentUrl needs CHANCERY_PAYMENT_SECRET in the environment, which signs its links';
  throw complaint([{ field: place(source, file, ['shop', 'paymentUrl']), message }]);
}

function products(
  settings: Settings,
  issuers: Readonly<Record<string, AcmeIssuerConfig>>,
  { text, file }: Source,
): Catalogue {
  const catalogue = catalogueOf(settings, text, file);
  const violations = checkProductIssuers(catalogue, issuers);
  if (violations.length === 0) return catalogue;
  throw complaint(
    violations.map(({ field: id, message }) => {
      const index = settings.products.findLastIndex((one) => one.id === id);
      return { field: place(text, file, ['products', index, 'issuers']), message: `product ${id}: ${message}` };
    }),
  );
}

function catalogueOf(settings: Settings, source: string, file: string | undefined): Catalogue {
  try {
    return buildCatalogue(settings.products);
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    const index = Number(/\d+/.exec(error.field ?? '')?.[0]);
    throw complaint([{ field: place(source, file, ['products', index]), message: error.message }]);
  }
}

/** Freezes plain values through and through; class instances keep their own counsel. */
function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    const plain = Array.isArray(member) || (member !== null && Object.getPrototypeOf(member) === Object.prototype);
    if (plain) freeze(member as object);
  }
  return Object.freeze(value);
}
