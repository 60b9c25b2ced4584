import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The desk as a client of the Realtime Register API sees it. */
export interface Client {
  url: string;
  apiKey: string;
  customer: string;
}

export interface Ask {
  product: string;
  /** As ordered, the common name first. */
  names: readonly string[];
  /** What the product adds by itself. */
  free: readonly string[];
}

export interface Placed {
  ask: Ask;
  process: number;
  records: { name: string; value: string }[];
}

interface DcvEntry {
  commonName: string;
  dnsRecord?: string;
  dnsContents?: string;
}

export async function call(client: Client, path: string, body?: unknown): Promise<{ headers: Headers; body: unknown }> {
  const answer = await fetch(`${client.url}/v2${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `ApiKey ${client.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return { headers: answer.headers, body: /^[[{]/.test(text) ? JSON.parse(text) : text };
}

/** Orders with a new P-256 key. What is to be published for the desk's own validation is in the answer. */
export async function place(client: Client, ask: Ask): Promise<Placed> {
  const san = ask.names.slice(1);
  const dcv = ask.names.map((name) => ({ commonName: name, type: 'DNS' }));
  const order = {
    customer: client.customer,
    product: ask.product,
    period: 12,
    csr: await newCsr([...ask.names, ...ask.free]),
    dcv,
  };
  const { headers, body } = await call(client, '/ssl/certificates', san.length === 0 ? order : { ...order, san });
  const entries = (body as { validations?: { dcv?: DcvEntry[] } }).validations?.dcv ?? [];
  const records = entries.flatMap(({ dnsRecord, dnsContents }) =>
    dnsRecord === undefined || dnsContents === undefined ? [] : [{ name: dnsRecord, value: dnsContents }],
  );
  return { ask, process: Number(headers.get('x-process-id')), records };
}

/** Lets the desk look at the published records now. */
export async function resend(client: Client, { ask, process }: Placed): Promise<void> {
  const dcv = ask.names.map((name) => ({ commonName: name, type: 'DNS' }));
  await call(client, `/processes/${process}/resend`, { dcv });
}

export async function statusOf(client: Client, process: number): Promise<string> {
  const { body } = await call(client, `/processes/${process}?fields=status`);
  return (body as { status: string }).status;
}

/** What the desk tells of a process, as it answers. */
export async function detailsOf(client: Client, process: number): Promise<string> {
  return JSON.stringify((await call(client, `/processes/${process}`)).body);
}

/** The certificate and the chain that came with it, PEM; null where the process has none. */
export async function download(client: Client, process: number): Promise<{ leaf: string; chain: string } | null> {
  const { body } = await call(client, `/ssl/certificates?process=${process}`);
  const id = (body as { entities: { id: number }[] }).entities[0]?.id;
  if (id === undefined) return null;
  const file = async (format: string): Promise<string> => {
    const answer = await call(client, `/ssl/certificates/${id}/download?format=${format}`);
    return Buffer.from(String(answer.body), 'base64').toString();
  };
  return { leaf: await file('CRT'), chain: await file('CA_BUNDLE') };
}

/** An ACME CA wants exactly the names of the order in it. */
async function newCsr(names: readonly string[]): Promise<string> {
  const args = 'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null'.split(' ');
  const sans = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const { stdout } = await run('openssl', [...args, '-subj', `/CN=${names[0]}`, '-addext', sans]);
  return (/-----BEGIN CERTIFICATE REQUEST-----([^-]+)/.exec(stdout)?.[1] ?? '').replaceAll(/\s/g, '');
}
