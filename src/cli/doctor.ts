import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { warnOfMadeKeys } from '../config/made-keys.ts';
import { checkCertificates } from '../serve/check-certificates.ts';
import { checkCrls } from '../serve/check-crls.ts';
import { checkIssuers } from '../serve/check-issuers.ts';
import { hostingDialects } from '../serve/dialects.ts';
import { checkResponders } from '../serve/check-responders.ts';
import { credentialsFile } from '../serve/first-start.ts';
import type { Foundation } from '../serve/foundation.ts';
import { openKeys } from '../serve/open-keys.ts';
import { openSubscriberKeys } from '../serve/open-subscriber-keys.ts';
import { verifyAuditChain } from '../store/audit-chain.ts';
import { command, type CommonOptions, withFoundation, withJson } from './common.ts';
import { say, sayJson } from './output.ts';
import { startProgress } from './progress.ts';

interface Finding {
  check: string;
  /** What was looked at, in one line. */
  looked: string;
  faults: readonly string[];
  /** What is not wrong, but will be in the way. */
  warnings?: readonly string[];
}

type Check = (foundation: Foundation, quiet: boolean) => Promise<Omit<Finding, 'check'>>;

/** In this order; each goes on where another fails. */
const CHECKS: Readonly<Record<string, Check>> = {
  configuration: async ({ config, served }) => ({
    looked: config.file ?? 'defaults, no file',
    faults: [],
    warnings: warnOfMadeKeys(config, hostingDialects(served)),
  }),
  files: async ({ config }) => privateFiles([credentialsFile(config.data), config.keyFile]),
  database: async ({ store }) => ({ looked: store.engine, faults: await store.integrity() }),
  audit: async ({ store }) => {
    const { events, brokenAt } = await verifyAuditChain(store);
    const faults = brokenAt === null ? [] : [`the chain is broken at event ${brokenAt}: it was changed or removed`];
    return { looked: `${events} events`, faults };
  },
  ca: async ({ store, box, clock }) => openKeys(store, box, clock),
  keys: async ({ store, box }) => openSubscriberKeys(store, box),
  crls: async ({ store, clock }) => checkCrls(store, clock),
  responders: async ({ config }) => checkResponders(config),
  issuers: async (foundation) => checkIssuers(foundation),
  certificates: async ({ store }, quiet) => {
    const { total = 0 } = await store.list('certificates', ALL);
    const progress = startProgress('certificates', total, quiet);
    const { checked, faults } = await checkCertificates(store, () => progress.advance(1));
    progress.end(`${checked} checked`);
    return { looked: `${checked} against the CA`, faults };
  },
};

const ALL = { accountId: null, filters: [], order: [], limit: 1, offset: 0, count: true } as const;

/** Faults shown of one check; there may be a million. */
const SHOWN = 20;

export function doctorCommand(): Command {
  return withJson(
    command('doctor', 'check configuration, database, audit chain, CA, responders and every certificate', [
      'chancery doctor --data /var/lib/chancery --json',
    ]),
  ).action((options: CommonOptions) =>
    withFoundation(options, async (foundation) => {
      const findings: Finding[] = [];
      for (const [check, look] of Object.entries(CHECKS)) {
        const finding = { check, ...(await attempt(look, foundation, options.json ?? false)) };
        findings.push(finding);
        if (!options.json) tell(finding);
      }
      const healthy = findings.every(({ faults }) => faults.length === 0);
      if (options.json) sayJson({ healthy, findings });
      if (!healthy) process.exitCode = 3;
    }),
  );
}

async function attempt(look: Check, foundation: Foundation, quiet: boolean): Promise<Omit<Finding, 'check'>> {
  try {
    return await look(foundation, quiet);
  } catch (error) {
    return { looked: 'not finished', faults: [(error as Error).message] };
  }
}

function tell({ check, looked, faults, warnings = [] }: Finding): void {
  say(`${faults.length === 0 ? 'ok   ' : 'FAULT'}  ${check.padEnd(13)}  ${looked}`);
  for (const warning of warnings) say(`         note: ${warning}`);
  for (const fault of faults.slice(0, SHOWN)) say(`         ${fault}`);
  if (faults.length > SHOWN) say(`         and ${faults.length - SHOWN} more`);
}

/** Files with secrets must be their owner's alone. */
function privateFiles(files: readonly string[]): Omit<Finding, 'check'> {
  const there = files.filter((file) => existsSync(file));
  const open = there.filter((file) => process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0);
  return { looked: there.join(', ') || 'none', faults: open.map((file) => `${file} can be read by others: chmod 600`) };
}
