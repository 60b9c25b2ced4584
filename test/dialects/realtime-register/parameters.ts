/**
 * Every parameter of the vendor's two documents with its restrictions: `POST /v2/ssl/certificates` (request) and
 * `POST /v2/ssl/certificates/{id}/reissue`; renew as known clients send it.
 */

export type Call = 'request' | 'reissue' | 'renew';

export interface Parameter {
  /** Path as it is named in a violation. */
  field: string;
  required: Call[];
  optional: Call[];
  /** Values that fit. */
  valid: unknown[];
  tooShort?: unknown;
  tooLong?: unknown;
  badPattern?: unknown[];
  wrongType: unknown[];
  /** Puts a value into a body; by default at the member named by `field`. */
  put?: (body: Record<string, unknown>, value: unknown) => void;
}

const ALL: Call[] = ['request', 'reissue', 'renew'];
const NOT_TEXT = [12, true, ['a'], { a: 'b' }];
const DOMAIN = 'www.example.com';
const LANGUAGES = ['EN', 'NL', 'FR', 'CN', 'DE', 'IT', 'JP', 'KR', 'PT', 'RU', 'ES', 'DK', 'SE', 'TR'];

/** `a.a.….example.com`, of exactly this many characters. */
export function longDomain(length: number): string {
  const end = '.example.com';
  let rest = length - end.length;
  const labels: string[] = [];
  while (rest > 0) {
    const take = Math.min(63, rest === 64 ? 62 : rest);
    labels.push('a'.repeat(take));
    rest -= take + 1;
  }
  return labels.join('.') + end;
}

function text(field: string, min: number, max: number, required: Call[], optional: Call[]): Parameter {
  return {
    field,
    required,
    optional,
    valid: ['x'.repeat(min), 'x'.repeat(max), 'Zwölle & Söhne'.slice(0, max)].filter((value) => value.length >= min),
    tooShort: 'x'.repeat(min - 1),
    tooLong: 'x'.repeat(max + 1),
    badPattern: [`a\u0007${'b'.repeat(Math.max(0, min - 2))}`.slice(0, max), 'a\nb'.slice(0, max)].filter(
      (value) => value.length >= Math.max(min, 2),
    ),
    wrongType: NOT_TEXT,
  };
}

const BAD_DOMAINS = [
  'WWW.example.com',
  'www.example.c-',
  'a_b.example.com',
  '-a.example.com',
  'www.*.example.com',
  'localhost',
  'example.1om',
  'a..b.com',
];
const BAD_EMAILS = [
  'no-at.example.com',
  'Admin@example.com',
  'admin@localhost',
  `${'a'.repeat(65)}@example.com`,
  'a..b@example.com',
  'admin@example.com, b@c.de',
];

function inApprover(
  member: string,
  parameter: Omit<Parameter, 'field' | 'required' | 'optional' | 'put'>,
  required = true,
): Parameter {
  return {
    field: `approver.${member}`,
    required: required ? ALL : [],
    optional: required ? [] : ALL,
    ...parameter,
    put: (body, value) => {
      const approver: Record<string, unknown> = {
        firstName: 'Ada',
        lastName: 'Byron',
        email: 'ada@example.com',
        voice: '+31.201234567',
      };
      if (value === undefined) delete approver[member];
      else approver[member] = value;
      body['approver'] = approver;
    },
  };
}

function inDcv(
  member: string,
  parameter: Omit<Parameter, 'field' | 'required' | 'optional' | 'put'>,
  entry: Record<string, unknown>,
  required = true,
): Parameter {
  return {
    field: `dcv[0].${member}`,
    required: required ? ALL : [],
    optional: required ? [] : ALL,
    ...parameter,
    put: (body, value) => {
      const whole = { ...entry };
      if (value === undefined) delete whole[member];
      else whole[member] = value;
      body['dcv'] = [whole];
    },
  };
}

export const PARAMETERS: Parameter[] = [
  {
    field: 'customer',
    required: ['request'],
    optional: [],
    valid: ['acme'],
    tooShort: 'ac',
    tooLong: 'a'.repeat(41),
    badPattern: ['ac me', 'acme!', 'acmé', 'acme/x'],
    wrongType: NOT_TEXT,
  },
  {
    field: 'product',
    required: ['request'],
    optional: ['renew'],
    valid: ['ssl_chancery_dv'],
    tooShort: '',
    tooLong: 'p'.repeat(101),
    wrongType: NOT_TEXT,
  },
  {
    field: 'period',
    required: ['request', 'renew'],
    optional: [],
    valid: [12, 24, 36],
    tooShort: 0,
    tooLong: 13,
    wrongType: ['twelve', '12', 12.5, true, [12], {}],
  },
  {
    field: 'csr',
    required: ALL,
    optional: [],
    valid: [],
    tooShort: '',
    tooLong: 'A'.repeat(65_537),
    wrongType: NOT_TEXT,
  },
  {
    field: 'domainName',
    required: [],
    optional: ALL,
    valid: [DOMAIN, 'a1-b.example.com', longDomain(253)],
    tooShort: 'a.b',
    tooLong: longDomain(256),
    badPattern: BAD_DOMAINS,
    wrongType: NOT_TEXT,
  },
  {
    field: 'san',
    required: [],
    optional: ALL,
    valid: [[], ['www.DOMAIN'], ['DOMAIN', 'www.DOMAIN']],
    wrongType: ['www.example.com', 12, true, {}],
  },
  {
    field: 'san[0]',
    required: [],
    optional: ALL,
    valid: [],
    tooShort: 'a.b',
    tooLong: longDomain(256),
    badPattern: BAD_DOMAINS,
    wrongType: [12, true, {}, null],
    put: (body, value) => {
      body['san'] = [value];
    },
  },
  text('organization', 1, 64, [], ALL),
  text('department', 1, 60, [], ALL),
  { ...text('country', 2, 2, [], ['request']), valid: ['NL', 'nl'], badPattern: ['N\u0007'] },
  text('state', 1, 60, [], ALL),
  text('address', 1, 60, [], ALL),
  text('postalCode', 1, 10, [], ALL),
  text('city', 1, 60, [], ALL),
  text('coc', 1, 32, [], ALL),
  {
    field: 'saEmail',
    required: [],
    optional: ['request', 'renew'],
    valid: ['ada@example.com', 'a+b-c_d.e@a.io', `${'a'.repeat(64)}@example.com`],
    tooShort: 'a@b.c',
    tooLong: `a@${longDomain(254)}`,
    badPattern: BAD_EMAILS,
    wrongType: NOT_TEXT,
  },
  {
    field: 'saLanguage',
    required: [],
    optional: ['request'],
    valid: [...LANGUAGES, 'nl'],
    badPattern: ['XX', 'ENG'],
    wrongType: NOT_TEXT,
  },
  {
    field: 'language',
    required: [],
    optional: ALL,
    valid: [...LANGUAGES, 'en'],
    badPattern: ['XX', ''],
    wrongType: NOT_TEXT,
  },
  {
    field: 'uniqueValue',
    required: [],
    optional: ALL,
    valid: ['a', 'aZ09', 'x'.repeat(20)],
    tooShort: '',
    tooLong: 'x'.repeat(21),
    badPattern: ['a-b', 'a b', 'ä', 'a.b', 'a\nb'],
    wrongType: NOT_TEXT,
  },
  { field: 'authKey', required: [], optional: ALL, valid: [false], wrongType: ['true', 1, [], {}] },
  { field: 'approver', required: [], optional: ALL, valid: [], wrongType: ['Ada', 12, true, []] },
  inApprover('firstName', bare(text('', 1, 40, [], []))),
  inApprover('lastName', bare(text('', 1, 40, [], []))),
  inApprover('jobTitle', { ...bare(text('', 1, 40, [], [])), valid: ['CEO', null] }, false),
  inApprover('email', {
    valid: ['a@b.io'],
    tooShort: 'a@b.c',
    tooLong: `a@${longDomain(254)}`,
    badPattern: BAD_EMAILS,
    wrongType: NOT_TEXT,
  }),
  inApprover('voice', {
    valid: ['+1.2', '+123.123456789012', '+31.201234567'],
    tooShort: '+1.',
    tooLong: '+12.12345678901234',
    badPattern: ['0031.201234567', '+31201234567', '+1234.1234', '+31.2012-345', '+31.20\r\nBcc: x'.slice(0, 17)],
    wrongType: NOT_TEXT,
  }),
  { field: 'dcv', required: [], optional: ALL, valid: [[]], wrongType: ['DNS', 12, true, {}] },
  {
    field: 'dcv[0]',
    required: [],
    optional: ALL,
    valid: [],
    wrongType: ['DNS', 12, null],
    put: (body, value) => void (body['dcv'] = [value]),
  },
  inDcv(
    'commonName',
    {
      valid: ['DOMAIN', 'www.DOMAIN'],
      tooShort: 'a.b',
      tooLong: longDomain(256),
      badPattern: [...BAD_DOMAINS, 'other.example.com'],
      wrongType: NOT_TEXT,
    },
    { commonName: 'DOMAIN', type: 'DNS' },
  ),
  inDcv(
    'type',
    { valid: ['DNS', 'FILE'], badPattern: ['HTTP', 'dns', ''], wrongType: NOT_TEXT },
    { commonName: 'DOMAIN', type: 'DNS' },
  ),
  inDcv(
    'email',
    {
      valid: ['admin@DOMAIN', 'hostmaster@DOMAIN'],
      tooShort: 'a@b.c',
      tooLong: `a@${longDomain(254)}`,
      badPattern: [...BAD_EMAILS, 'ada@DOMAIN', 'admin@other.example.com', 'admin@com'],
      wrongType: NOT_TEXT,
    },
    { commonName: 'DOMAIN', type: 'EMAIL' },
    false,
  ),
];

function bare({ valid, tooShort, tooLong, badPattern, wrongType }: Parameter) {
  return { valid, tooShort, tooLong, ...(badPattern === undefined ? {} : { badPattern }), wrongType };
}
