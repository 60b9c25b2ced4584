import type { Dialect } from '../dialects/dialect.ts';
import { credentialsFile, type FirstStart } from './first-start.ts';

export interface GreetingFacts {
  url: string;
  data: string;
  sandbox: boolean;
  database: string;
  dialects: readonly Dialect[];
  /** Known secrets; null where `credentials.json` is gone. */
  credentials: FirstStart | null;
  tls: boolean;
}

/** What a person reads when the server is up. The line `listening on URL` stands by itself. */
export function greeting(facts: GreetingFacts): string {
  const { url, data, credentials, dialects } = facts;
  const lines = [`listening on ${url}`, ''];
  lines.push(`  data         ${data} (${facts.database})`);
  if (credentials !== null) lines.push(`  credentials  ${credentialsFile(data)}`);
  const apis = dialects.map(({ name }) => `${url}/docs/${name}`).join(', ');
  lines.push(`  APIs         ${apis === '' ? 'none: all are off in [dialects]' : apis}`);
  if (facts.tls) lines.push('  TLS          certificate from the own CA: chancery ca export > root.pem');
  if (facts.sandbox) {
    lines.push(
      '',
      '  SANDBOX: only reserved names (.test, .example, example.com …) can be validated, against a DNS, web and mail',
      `  server inside this process. Publish with POST ${url}/sandbox/dns, read mail at ${url}/sandbox/mail.`,
      '  Nobody trusts these certificates. Start with a configuration file for the real world (docs/configuration.md).',
    );
    for (const dialect of dialects) {
      const secret = credentials?.secrets.get(dialect.name);
      if (credentials === null || secret === undefined) continue;
      lines.push('', `  Try ${dialect.name}:`, '', `  ${dialect.exampleCommand(url, credentials.handle, secret)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
