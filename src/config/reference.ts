import { configSchema } from './schema.ts';
import { type Described, describeSchema } from './schema-keys.ts';

const HEAD = `# Configuration

Generated from \`src/config/schema.ts\` by \`npm run generate\`.

One TOML file: \`chancery serve --config FILE\`, or its path in \`CHANCERY_CONFIG\`. Without one the defaults below hold
and the sandbox is on. It is read once, at the start; a key that is not listed here is an error. Paths in it are
relative to the file. \`chancery doctor --config FILE\` checks it without serving.

Secrets come from the environment alone:

| variable | what |
|---|---|
| \`DATABASE_URL\` | PostgreSQL (\`postgres://…\`) in place of SQLite |
| \`CHANCERY_PASSPHRASE\` | encrypts the CA's keys and other secrets at rest, in place of the key file |
| \`CHANCERY_SMTP_PASSWORD\` | password of the user in \`[mail]\` |
| \`CHANCERY_CONFIG\`, \`CHANCERY_DATA\` | where \`--config\` and \`--data\` are not given |
`;

/** The text of `docs/configuration.md`. */
export function configurationReference(): string {
  const root = describeSchema(configSchema);
  const members = Object.entries(root.properties ?? {});
  const single = members.filter(
    ([, member]) => member.properties === undefined && member.items?.properties === undefined,
  );
  const sections = members.filter(([, member]) => member.properties !== undefined);
  const lists = members.filter(([, member]) => member.items?.properties !== undefined);
  return [
    HEAD,
    '## At the top\n',
    table(Object.fromEntries(single), []),
    ...sections.map(([key, member]) => section(`[${key}]`, member, member)),
    ...lists.map(([key, member]) => section(`[[${key}]]`, member, member.items as Described)),
  ].join('\n');
}

function section(title: string, outer: Described, inner: Described): string {
  return `## ${title}\n\n${outer.description ?? ''}\n\n${table(inner.properties ?? {}, inner.required ?? [])}`;
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
