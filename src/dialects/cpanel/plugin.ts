import type { FastifyInstance } from 'fastify';
import type { Dialect, DialectContext } from '../dialect.ts';
import { askAgain } from './ask-again.ts';
import { loginRoutes } from './login.ts';
import { askForItem } from './market/ask-for-item.ts';
import { openApi } from './openapi.ts';
import { readBodies } from './read-body.ts';
import { apiRoutes } from './routes.ts';
import { isToken, newPassword, newToken } from './secrets.ts';
import { shopRoutes } from './shop/routes.ts';
import { DIALECT } from './world.ts';

/** What the first start of the sandbox serves. */
const READY = ['shop.test', 'www.shop.test', '*.shop.test'] as const;

/** The certificate part of cPanel's UAPI: Market, SSL and what their clients call beside. */
export const cpanel: Dialect = {
  name: DIALECT,
  credentialsKey: 'cpanel',
  secretKinds: ['token', 'password'],
  newSecret: (_handle, random, kind) => (kind === 'password' ? newPassword(random) : newToken(random)),
  describeCredentials: (user, secret) => ({ user, ...(isToken(secret) ? { token: secret } : { password: secret }) }),
  secretOf: ({ token }) => (typeof token === 'string' ? token : null),
  hosting: { proofLabel: 'cpanel-domain-verification', ready: { group: null, website: 'shop.test', hostnames: READY } },
  exampleCommand: (baseUrl, user, token) =>
    `curl -H 'Authorization: cpanel ${user}:${token}' ${baseUrl}/execute/Market/get_all_products`,
  serve,
  askAgain,
  askForItem,
  openApi,
};

async function serve(app: FastifyInstance, world: DialectContext): Promise<void> {
  await app.register(async (part) => {
    readBodies(part);
    apiRoutes(part, world);
    loginRoutes(part, world);
    await part.register(async (pages) => shopRoutes(pages, world));
  });
}
