import type { Config } from '../config/load.ts';
import type { Issuer } from '../core/ports.ts';
import type { Catalogue } from '../core/products.ts';
import type { Reader } from '../core/store.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { cpanel } from '../dialects/cpanel/plugin.ts';
import { digicert } from '../dialects/digicert/plugin.ts';
import { createWebhookSide as digicertWebhooks } from '../dialects/digicert/webhook-side.ts';
import {
  createWebhookSide as realtimeRegisterWebhooks,
  realtimeRegister,
} from '../dialects/realtime-register/plugin.ts';
import { wpEngine } from '../dialects/wp-engine/plugin.ts';
import type { WebhookDialect } from '../notify/webhooks.ts';

/** The vendors' APIs that are known. */
export const DIALECTS: readonly Dialect[] = [realtimeRegister, digicert, cpanel, wpEngine];

/** Those that the configuration does not switch off. */
export function servedDialects({ dialects }: Pick<Config, 'dialects'>): Dialect[] {
  const switches: Readonly<Record<string, boolean>> = dialects;
  return DIALECTS.filter(({ name }) => switches[name] !== false);
}

/** Folder names of those that make keys for their customers. */
export function hostingDialects(dialects: readonly Dialect[]): string[] {
  return dialects.flatMap(({ name, hosting }) => (hosting === undefined ? [] : [name]));
}

interface WebhookTools {
  store: Reader;
  catalogue: Catalogue;
  issuers: ReadonlyMap<string, Issuer>;
}

/** How those that know webhooks push a notification, by name. */
export function webhookDialects(options: WebhookTools): ReadonlyMap<string, WebhookDialect> {
  return new Map<string, WebhookDialect>([
    [realtimeRegister.name, realtimeRegisterWebhooks(options)],
    [digicert.name, digicertWebhooks(options)],
  ]);
}
