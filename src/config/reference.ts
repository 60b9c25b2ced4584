import { buildCatalogue } from './catalogue.ts';
import { configSchema } from './schema.ts';
import { type Described, describeSchema, tableOf } from './schema-keys.ts';

const HEAD = `# Configuration

Generated from \`src/config/schema.ts\` and \`src/config/catalogue.ts\` by \`npm run generate\`.

One TOML file: \`chancery serve --config FILE\`, or its path in \`CHANCERY_CONFIG\`. Without one the defaults below hold
and the sandbox is on. It is read once, at the start; a key that is not listed here is an error. Paths in it are
relative to the file. \`chancery doctor --config FILE\` checks it without serving, once \`chancery init\` or a first start
has made the data directory.

Secrets come from the environment alone:

| variable | what |
|---|---|
| \`DATABASE_URL\` | PostgreSQL (\`postgres://…\`) in place of SQLite |
| \`CHANCERY_PASSPHRASE\` | encrypts the CA's keys and other secrets at rest, in place of the key file |
| \`CHANCERY_SMTP_PASSWORD\` | password of the user in \`[mail]\` |
| \`CHANCERY_PAYMENT_SECRET\` | signs the links to \`shop.paymentUrl\` |
| \`CHANCERY_EAB_NAME\` | key of the external account binding of the issuer NAME |
| \`CHANCERY_TSIG_SECRET\` | secret of the TSIG key in \`[responder.rfc2136]\` |
| \`CHANCERY_DNS_WEBHOOK_SECRET\` | signs what is sent to \`[responder.dnsWebhook]\` |
| \`CHANCERY_CONFIG\`, \`CHANCERY_DATA\` | where \`--config\` and \`--data\` are not given |
`;

/** The text of `docs/configuration.md`. */
export function configurationReference(): string {
  const root = describeSchema(configSchema);
  const members = Object.entries(root.properties ?? {});
  const single = members.filter(([, member]) => !isSection(member) && !isList(member));
  const sections = members.filter(([, member]) => isSection(member));
  const lists = members.filter(([, member]) => isList(member));
  return [
    HEAD,
    '## At the top\n',
    table(Object.fromEntries(single), []),
    ...sections.flatMap(([key, member]) => sectionsOf(key, member)),
    ...lists.map(([key, member]) => section(`[[${key}]]`, member, member.items as Described)),
    knownProducts(),
  ].join('\n');
}

function knownProducts(): string {
  const rows = buildCatalogue()
    .all()
    .map(({ id, name, dialects }) => `| \`${id}\` | ${name} | ${dialects?.join(', ') ?? 'all'} |`);
  return ['The ids that are known:\n', '| id | name | APIs |', '|---|---|---|', ...rows, ''].join('\n');
}

function isSection(member: Described): boolean {
  return member.properties !== undefined || tableOf(member)?.properties !== undefined;
}

function isList(member: Described): boolean {
  return member.items?.properties !== undefined;
}

/** A section and those below it. */
function sectionsOf(key: string, member: Described): string[] {
  const inner = member.properties === undefined ? (tableOf(member) as Described) : member;
  const path = inner === member ? key : `${key}.NAME`;
  const below = Object.entries(inner.properties ?? {}).filter(([, one]) => isSection(one));
  return [section(`[${path}]`, member, inner), ...below.flatMap(([name, one]) => sectionsOf(`${path}.${name}`, one))];
}

function section(title: string, outer: Described, inner: Described): string {
  const rows = Object.entries(inner.properties ?? {}).filter(([, one]) => inner === outer.items || !isSection(one));
  return `## ${title}\n\n${outer.description ?? ''}\n\n${table(Object.fromEntries(rows), inner.required ?? [])}`;
}

function table(members: Record<string, Described>, required: readonly string[]): string {
  const rows = Object.entries(members).map(
    ([key, member]) =>
      `| \`${key}\` | ${type(member)} | ${fallback(member, required.includes(key))} | ${member.description ?? ''} |`,
  );
  return ['| key | type | default | what |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function type(member: Described): string {
  if (member.enum !== undefined) return member.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (member.type === 'array') return `list of ${type(member.items ?? {})}`;
  if (member.type === 'object') return 'table';
  return member.type ?? 'text';
}

function fallback(member: Described, required: boolean): string {
  if (required) return 'required';
  return member.default === undefined ? '' : `\`${JSON.stringify(member.default)}\``;
}
