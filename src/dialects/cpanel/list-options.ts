import { createContext, Script } from 'node:vm';
import type { Answer, Parameters } from './call.ts';
import { CallFailure } from './call.ts';

type Row = Readonly<Record<string, unknown>>;

/** Sorts and filters of one call at most. */
const MOST_RULES = 20;
const PAGE_SIZE = 20;
/** Milliseconds for all rows against one expression: a hostile one would run for years. */
const MATCH_TIME = 100;

/**
 * What every function understands beside its own arguments, on data that is a list: `api.filter_*`, then `api.sort_*`,
 * then `api.paginate*`. Data of another shape stays as it is.
 * @throws CallFailure
 */
export function applyListOptions(answer: Answer, parameters: Parameters): Answer {
  const { data } = answer;
  if (!Array.isArray(data)) return answer;
  const filtered = filter(data, parameters);
  const sorted = sort(filtered.rows, parameters);
  const paged = paginate(sorted.rows, parameters);
  if (!filtered.done && !sorted.done && paged.metadata === undefined) return answer;
  return {
    ...answer,
    data: paged.rows,
    metadata: {
      ...answer.metadata,
      transformed: 1,
      ...(filtered.done ? { filter: { records_before_filter: data.length } } : {}),
      ...(paged.metadata === undefined ? {} : { paginate: paged.metadata }),
    },
  };
}

function filter(data: readonly unknown[], parameters: Parameters): { rows: readonly unknown[]; done: boolean } {
  let rows = data;
  const numbers = numbersOf('filter_column', parameters);
  for (const number of numbers) {
    const column = parameters.optional(`api.filter_column${number}`) as string;
    const type = parameters.optional(`api.filter_type${number}`) ?? 'contains';
    const term = parameters.optional(`api.filter_term${number}`) ?? '';
    const test = type === 'matches' ? expression(term, rows, column) : FILTERS[type];
    if (test === undefined || (type !== 'matches' && !Object.hasOwn(FILTERS, type))) {
      throw new CallFailure(`“${type}” is not a valid filter type.`);
    }
    rows = rows.filter((row) => test(cell(row, column), term));
  }
  return { rows, done: numbers.length > 0 };
}

type Test = (value: unknown, term: string) => boolean;

const FILTERS: Readonly<Record<string, Test>> = {
  eq: (value, term) => textOf(value) === term,
  ne: (value, term) => textOf(value) !== term,
  contains: (value, term) => folded(value).includes(term.toLowerCase()),
  begins: (value, term) => folded(value).startsWith(term.toLowerCase()),
  ends: (value, term) => folded(value).endsWith(term.toLowerCase()),
  lt: (value, term) => Number(textOf(value)) < Number(term),
  gt: (value, term) => Number(textOf(value)) > Number(term),
  lt_equal: (value, term) => Number(textOf(value)) <= Number(term),
  gt_equal: (value, term) => Number(textOf(value)) >= Number(term),
  lt_handle_unlimited: (value, term) => unlimited(value) < unlimited(term),
  gt_handle_unlimited: (value, term) => unlimited(value) > unlimited(term),
  defined: (value) => value !== undefined && value !== null,
  undefined: (value) => value === undefined || value === null,
};

/** A regular expression, tried on all values of the column at once, in a time that is bounded. */
function expression(term: string, rows: readonly unknown[], column: string): Test {
  const values = [...new Set(rows.map((row) => textOf(cell(row, column))))];
  try {
    const script = new Script('const one = new RegExp(term, "i"); values.map((value) => one.test(value))');
    const matches = script.runInContext(createContext({ term, values }), { timeout: MATCH_TIME }) as boolean[];
    const matching = new Set(values.filter((_, index) => matches[index]));
    return (value) => matching.has(textOf(value));
  } catch {
    throw new CallFailure(`“${term}” is not an expression that can be matched.`);
  }
}

function sort(data: readonly unknown[], parameters: Parameters): { rows: readonly unknown[]; done: boolean } {
  const rules = numbersOf('sort_column', parameters).map((number) => {
    const method = parameters.optional(`api.sort_method${number}`) ?? 'lexicographic';
    const compare = Object.hasOwn(SORTS, method) ? SORTS[method] : undefined;
    if (compare === undefined) throw new CallFailure(`“${method}” is not a valid sort method.`);
    const column = parameters.optional(`api.sort_column${number}`) as string;
    const sign = parameters.flag(`api.sort_reverse${number}`, false) ? -1 : 1;
    return (left: unknown, right: unknown): number => sign * compare(cell(left, column), cell(right, column));
  });
  if (rules.length === 0) return { rows: data, done: false };
  const rows = data.toSorted((left, right) => rules.reduce((order, rule) => order || rule(left, right), 0));
  return { rows, done: true };
}

type Compare = (left: unknown, right: unknown) => number;

const SORTS: Readonly<Record<string, Compare>> = {
  lexicographic: (left, right) => byText(textOf(left), textOf(right)),
  lexicographic_caseless: (left, right) => byText(folded(left), folded(right)),
  numeric: (left, right) => byNumber(numberOf(left), numberOf(right)),
  numeric_zero_as_max: (left, right) => byNumber(numberOf(left) || Infinity, numberOf(right) || Infinity),
  ipv4: (left, right) => byNumber(addressOf(left), addressOf(right)),
  // As the vendor's own client spells it.
  ipv_4: (left, right) => byNumber(addressOf(left), addressOf(right)),
};

function paginate(
  data: readonly unknown[],
  parameters: Parameters,
): { rows: readonly unknown[]; metadata?: Record<string, number> } {
  if (!parameters.flag('api.paginate', parameters.optional('api.paginate_size') !== undefined)) return { rows: data };
  const total = data.length;
  const asked = parameters.integer('api.paginate_start') ?? 1;
  const size = asked === -1 ? Math.max(total, 1) : Math.max(parameters.integer('api.paginate_size') ?? PAGE_SIZE, 1);
  const page = parameters.integer('api.paginate_page');
  const start = Math.max(page === undefined ? asked : (page - 1) * size + 1, 1);
  return {
    rows: data.slice(start - 1, start - 1 + size),
    metadata: {
      start_result: start,
      current_page: Math.ceil(start / size),
      results_per_page: size,
      total_pages: Math.ceil(total / size),
      total_results: total,
    },
  };
}

/** `_0`, `_1` … in rising order, for which the parameter is there; the empty text for one without a number. */
function numbersOf(name: string, parameters: Parameters): string[] {
  const endings = ['', ...Array.from({ length: MOST_RULES }, (_, number) => `_${number}`)];
  return endings.filter((ending) => parameters.optional(`api.${name}${ending}`) !== undefined);
}

/** A member by its name, which may hold dots, or by the way to it: `issuer.commonName`. */
function cell(row: unknown, column: string): unknown {
  if (row === null || typeof row !== 'object') return undefined;
  if (Object.hasOwn(row, column)) return (row as Row)[column];
  const dot = column.indexOf('.');
  const head = column.slice(0, dot);
  return dot > 0 && Object.hasOwn(row, head) ? cell((row as Row)[head], column.slice(dot + 1)) : undefined;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function folded(value: unknown): string {
  return textOf(value).toLowerCase();
}

function numberOf(value: unknown): number {
  const number = Number(textOf(value));
  return Number.isNaN(number) ? 0 : number;
}

function unlimited(value: unknown): number {
  return /^unlimited$/i.test(textOf(value)) ? Infinity : numberOf(value);
}

function addressOf(value: unknown): number {
  return textOf(value)
    .split('.')
    .reduce((sum, part) => sum * 256 + numberOf(part), 0);
}

function byText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function byNumber(left: number, right: number): number {
  return left === right ? 0 : left - right;
}
