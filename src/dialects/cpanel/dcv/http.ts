import type { DomainCheck } from '../../../core/ports.ts';
import type { Hostname } from '../../../core/records.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { FILE_FOLDER } from '../challenges.ts';
import { askedHostnames, eachOf } from './domains.ts';
import { randomText, whilePublished } from './publish.ts';

/**
 * Whether a provider would find a file that the platform publishes for a domain: it is really published and fetched
 * over HTTP. Nobody but the platform chooses what it holds.
 */

interface FileForm {
  alphabet: string;
  length: number;
  folder: string;
  extension: string;
  /** Redirects that are too many; null where any number may be. */
  mostRedirects: number | null;
}

export async function checkDomainsViaHttp(call: Call): Promise<Answer> {
  const form = formOf(call);
  const hostnames = await askedHostnames(call);
  return { data: await eachOf(hostnames, (hostname) => checkOne(call, hostname, form)) };
}

/** The older function: why each domain does not pass, null where it does. */
export async function ensureDomainsCanPassDcv(call: Call): Promise<Answer> {
  const form = formOf(call);
  const results = await eachOf(await askedHostnames(call), (hostname) => checkOne(call, hostname, form));
  return { data: results.map(({ failure_reason }) => failure_reason) };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** What a provider asks of the file. @throws CallFailure */
function formOf({ parameters }: Call): FileForm {
  const signs = parameters.all('dcv_file_allowed_characters').flatMap((text) => text.split(','));
  const alphabet = [...new Set(signs.join(''))].join('') || LETTERS;
  const length = parameters.integer('dcv_file_random_character_count') ?? 100;
  const folder = (parameters.optional('dcv_file_relative_path') ?? FILE_FOLDER).replace(/^\/+|\/+$/g, '');
  const extension = parameters.optional('dcv_file_extension') ?? '';
  const redirects = parameters.integer('dcv_max_redirects') ?? 0;
  if (!/^[A-Za-z0-9_-]{2,64}$/.test(alphabet)) throw invalid('dcv_file_allowed_characters');
  if (length < 1 || length > 200) throw invalid('dcv_file_random_character_count');
  const segments = folder.split('/');
  if (folder.length > 200 || segments.some((part) => !/^[A-Za-z0-9_.-]+$/.test(part) || /^\.\.?$/.test(part))) {
    throw invalid('dcv_file_relative_path');
  }
  if (!/^[A-Za-z0-9]{0,10}$/.test(extension)) throw invalid('dcv_file_extension');
  if (redirects < 0) throw invalid('dcv_max_redirects');
  return { alphabet, length, folder, extension, mostRedirects: redirects === 0 ? null : redirects };
}

function invalid(name: string): CallFailure {
  return new CallFailure(`The “${name}” argument is not valid.`);
}

interface Hop {
  url?: string;
  status?: number;
  location?: string;
}

async function checkOne(call: Call, hostname: Hostname, form: FileForm) {
  const { world } = call;
  const { name: domain } = hostname;
  const failure = (reason: string) => ({ domain, failure_reason: reason, redirects: [], redirects_count: 0 });
  if (domain.startsWith('*.')) return failure('A wildcard domain cannot pass an HTTP-based DCV check.');
  if (!(await world.hosting.isTrusted(call.actor, hostname))) {
    return failure(`Another account claims the domain “${domain}”, so control of it must be proved by DNS.`);
  }
  const file = randomText(world.random, form.alphabet, form.length);
  const path = `/${form.folder}/${file}${form.extension === '' ? '' : `.${form.extension}`}`;
  const content = Buffer.from(world.random.bytes(32)).toString('hex');
  const answer = { kind: 'http', name: domain, path, value: content } as const;
  const challenge = { method: 'http', host: domain, path, content } as const;
  const check = await whilePublished(world, answer, () => world.domains.check([challenge]));
  const hops = (check.evidence.hops as Hop[] | undefined) ?? [];
  const redirects = hops.filter(({ location }) => location !== undefined).map(redirectView);
  return {
    domain,
    failure_reason: reasonOf(check, hops, `http://${domain}${path}`, form.mostRedirects),
    redirects,
    redirects_count: redirects.length,
  };
}

function reasonOf(check: DomainCheck, hops: readonly Hop[], url: string, mostRedirects: number | null): string | null {
  const redirects = hops.filter(({ location }) => location !== undefined).length;
  if (mostRedirects !== null && redirects > mostRedirects) {
    return `The system queried for a temporary file at ${url}, but the web server redirected it ${redirects} times.`;
  }
  if (check.outcome === 'passed') return null;
  const status = hops.at(-1)?.status;
  if (status === undefined || check.outcome === 'mismatch') {
    return `The system queried for a temporary file at ${url}, but it failed: ${check.message}.`;
  }
  return (
    `The system queried for a temporary file at ${url}, but the web server responded with the following error: ` +
    `${status} (${REASONS[status] ?? 'Error'}). A DNS (Domain Name System) or web server misconfiguration may exist.`
  );
}

const REASONS: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  410: 'Gone',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

function redirectView({ url = '', status = 0, location = '' }: Hop) {
  const reason = REASONS[status] ?? '';
  return { url, status, reason, success: '', protocol: 'HTTP/1.1', headers: { location }, content: '', redirects: [] };
}
