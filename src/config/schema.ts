import { z } from 'zod';
import { issuerSchema } from './issuer-schema.ts';
import { productSchema } from './product-schema.ts';
import { responderSchema } from './responder-schema.ts';
import { cidr, hostAndPort, seconds, whole } from './schema-parts.ts';

/**
 * Everything that can be configured, with the text of the reference page. Secrets are not here: they come from the
 * environment (`load.ts`).
 */

const tls = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Serve HTTPS with a certificate from the own CA. `--tls` does the same.'),
    names: z
      .array(z.string().min(1))
      .default(['localhost'])
      .describe('Names in that certificate. The host of `publicUrl` and the loopback addresses are always among them.'),
  })
  .prefault({});

const database = z
  .strictObject({
    poolSize: whole(10, 1, 200).describe('Connections that one process opens to PostgreSQL. SQLite ignores it.'),
  })
  .prefault({});

const log = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('Least level of what is written to standard error.'),
    requests: z
      .boolean()
      .default(false)
      .describe('Write a line for every HTTP request. Costs about a third of the throughput.'),
  })
  .prefault({});

const ca = z
  .strictObject({
    name: z.string().min(1).max(40).default('Chancery').describe('Organization in the names of the CA certificates.'),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be two capital letters')
      .default('XX')
      .describe('Country in the names of the CA certificates; `XX` stands for none.'),
    keyAlgorithm: z
      .enum(['P-256', 'RSA-2048', 'RSA-3072', 'RSA-4096'])
      .default('P-256')
      .describe('Key of the root and the intermediate. Only the first start looks at it.'),
    profile: z
      .enum(['public', 'private'])
      .default('public')
      .describe('`public` keeps every rule of the Baseline Requirements; `private` may relax those below.'),
    validityDays: z
      .int()
      .min(1)
      .max(3650)
      .optional()
      .describe('Longest life of a certificate, days. Private profile only.'),
    domainReuseDays: z
      .int()
      .min(0)
      .max(3650)
      .optional()
      .describe('How long a domain validation may be reused, days. Private profile only.'),
    organizationReuseDays: z
      .int()
      .min(0)
      .max(3650)
      .optional()
      .describe('How long the vetting of an organization may be reused, days. Private profile only.'),
    internalNames: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Suffixes of names that no public registry knows and that may be ordered all the same, such as `corp`. Private profile only.',
      ),
    url: z
      .url({ protocol: /^http$/, error: 'must be an http URL' })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional()
      .describe(
        'Address under which clients of certificates reach CRLs and CA certificates; stands in every certificate. Default: `publicUrl` where that is plain HTTP, else the address of `listen` below.',
      ),
    listen: hostAndPort
      .optional()
      .describe(
        'Where CRLs and CA certificates are served over plain HTTP while the rest is served over TLS. Default: one port above `listen`.',
      ),
    caIdentifiers: z
      .array(z.string().min(1))
      .min(1)
      .default(['chancery.example'])
      .describe('Domain names by which this CA is named in CAA records (RFC 8659).'),
    weakKeys: z
      .string()
      .optional()
      .describe(
        "Directory of Debian's lists of weak keys (`blacklist.RSA-2048` and so on, of the package openssl-blacklist), whose keys are refused (BR 6.1.1.3). None come with Chancery.",
      ),
    keyFile: z
      .string()
      .optional()
      .describe(
        'File with the key that encrypts secrets at rest. Default: `secret.key` in the data directory, made on the first start. `CHANCERY_PASSPHRASE` takes its place where set.',
      ),
  })
  .prefault({});

const validation = z
  .strictObject({
    dnsServers: z
      .array(z.string().min(1))
      .default([])
      .describe('DNS resolvers asked, `ADDRESS` or `ADDRESS:PORT`. Default: those of the operating system.'),
    allowedRanges: z
      .array(cidr)
      .default([])
      .describe('Address ranges that validation may reach although they are internal, such as `10.0.0.0/8`.'),
    dnsTimeout: seconds(4, 60).describe('Seconds to wait for one answer of a DNS server.'),
    httpTimeout: seconds(10, 60).describe('Seconds for one fetch of a validation file, redirects included.'),
  })
  .prefault({});

const mail = z
  .strictObject({
    host: z.string().min(1).describe('SMTP server.'),
    port: z.int().min(1).max(65_535).default(587).describe('Its port.'),
    secure: z
      .boolean()
      .default(false)
      .describe('TLS from the first byte. Otherwise STARTTLS where the server offers it.'),
    user: z.string().optional().describe('User name. The password is `CHANCERY_SMTP_PASSWORD`.'),
    from: z.string().min(3).describe('Sender of the mails.'),
  })
  .optional();

const sandbox = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe(
        'Answer validation from a DNS, web and mail server inside Chancery, for reserved names alone. Default: on without a configuration file, off with one.',
      ),
  })
  .prefault({});

const accounts = z
  .strictObject({
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be three capital letters')
      .default('EUR')
      .describe('Currency of a new account.'),
    startBalance: z.int().min(0).optional().describe('Cents on a new account. Default: 0; 10,000,000 in the sandbox.'),
    freeOrdersPerDay: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe(
        'New orders of free certificates for websites (AutoSSL, WP Engine) that each account may place in 24 hours, so that none uses up alone what CAs outside allow; 0 for any number. Renewals are not counted. Default: 200; any number in the sandbox.',
      ),
  })
  .prefault({});

const rateLimits = z
  .strictObject({
    perSecond: z
      .number()
      .min(0)
      .optional()
      .describe(
        'Calls a second that a credential may make in the long run; 0 for no limit. Default: 100; no limit in the sandbox.',
      ),
    burst: whole(200, 1, 1_000_000).describe('Calls that it may make at once after a rest.'),
    vendorLimits: z
      .boolean()
      .default(true)
      .describe(
        "Whether limits that a vendor documents hold as well: 1000 calls in 3 minutes of DigiCert's, a `check_status` of an install in 5 seconds of WP Engine's.",
      ),
  })
  .prefault({});

const workers = z
  .strictObject({
    crypto: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .default(1)
      .describe('Threads that check CSRs and sign, 0 to 2. 0 does it on the main thread.'),
    jobs: whole(8, 1, 256).describe('Jobs that one process works on at once.'),
    takeOver: seconds(30, 600).describe(
      'Seconds after which the work of a process that died is taken over by another. At once where SQLite is started again.',
    ),
  })
  .prefault({});

const http = z
  .strictObject({
    bodyLimit: whole(262_144, 1_024, 16_777_216).describe('Largest request body, bytes.'),
    requestTimeout: seconds(30, 600).describe('Seconds for a client to send a whole request.'),
    headersTimeout: seconds(10, 600).describe('Seconds for a client to send the headers.'),
    keepAliveTimeout: seconds(72, 3_600).describe('Seconds that an idle connection stays open.'),
    trustProxy: z
      .array(z.string().min(1))
      .default([])
      .describe('Addresses or ranges of proxies whose X-Forwarded-For is believed.'),
  })
  .prefault({});

const webhooks = z
  .strictObject({
    allowedRanges: z.array(cidr).default([]).describe('Internal address ranges that webhooks may reach.'),
    timeout: seconds(10, 60).describe('Seconds to wait for the answer.'),
  })
  .prefault({});

const shop = z
  .strictObject({
    provider: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9]{0,39}$/, 'must be letters and digits, a letter first')
      .default('Chancery')
      .describe('Name of the shop in calls of the cPanel Market.'),
    displayName: z.string().min(1).max(100).default('Chancery').describe('Name of the shop for people.'),
    aliases: z
      .array(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,39}$/, 'must be letters and digits, a letter first'))
      .default(['cPStore'])
      .describe('Further names that clients may call it by: many have `cPStore` written into them.'),
    paymentUrl: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .optional()
      .describe(
        'Page of yours to which buyers are sent to pay; order, amount and signature are put into its query. Needs `CHANCERY_PAYMENT_SECRET`. Without it there is the balance alone.',
      ),
    openFor: seconds(86_400, 2_592_000).describe('Seconds for which an order stays open to be paid.'),
  })
  .prefault({});

const served = (what: string) => z.boolean().default(true).describe(`Serve ${what}.`);

/** By folder name. */
const dialects = z
  .strictObject({
    'realtime-register': served('the Realtime Register API'),
    digicert: served('the DigiCert API'),
    cpanel: served("cPanel's API, with the pages of its shop"),
    'wp-engine': served('the WP Engine API'),
  })
  .prefault({});

export const configSchema = z.strictObject({
  listen: hostAndPort
    .prefault('127.0.0.1:8480')
    .describe('Address and port to serve on. Port 0 picks a free one. `--listen` overrides it.'),
  data: z.string().min(1).default('./data').describe('Directory of everything that is kept. `--data` overrides it.'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe(
      'How clients and browsers reach this server; stands in mails and certificates. Default: the address it listens on.',
    ),
  tls: tls.describe('HTTPS.'),
  database: database.describe('The database. SQLite in the data directory, or PostgreSQL where `DATABASE_URL` is set.'),
  log: log.describe('Logs.'),
  ca: ca.describe('The embedded CA.'),
  validation: validation.describe('Domain validation and CAA.'),
  mail: mail.describe('Outgoing mail. Without this section no e-mail validation is offered outside the sandbox.'),
  sandbox: sandbox.describe('The offline world of the default start.'),
  accounts: accounts.describe('What accounts get.'),
  rateLimits: rateLimits.describe('How often a client may call.'),
  workers: workers.describe('Threads and jobs.'),
  http: http.describe('Limits of the HTTP server.'),
  dialects: dialects.describe(
    'APIs that are served. One that is off has no routes and no page under `/docs`, and a first start makes no key for it; its orders are vetted, validated and renewed all the same.',
  ),
  webhooks: webhooks.describe('Delivery of webhooks.'),
  shop: shop.describe('The shop behind the cPanel Market.'),
  issuers: z
    .record(
      z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and -')
        .refine((name) => name !== 'embedded', 'is the name of the own CA; choose another'),
      issuerSchema,
    )
    .default({})
    .describe(
      'CAs outside, one `[issuers.NAME]` each. The `issuers` of a product name them; the own CA is called `embedded`.',
    ),
  responder: responderSchema.describe(
    'Where challenges of outside CAs are answered. Each part is off where it is not told.',
  ),
  products: z
    .array(productSchema)
    .default([])
    .describe(
      'Changes to the catalogue, one `[[products]]` each: a known `id` overrides what is given, a new one needs everything.',
    ),
});

export type Settings = z.infer<typeof configSchema>;
