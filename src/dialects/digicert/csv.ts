/**
 * One line of a CSV file (RFC 4180), its line break included. Text that a spreadsheet would run as a formula is
 * preceded by an apostrophe; numbers are left as they are.
 */
export function csvLine(values: readonly (string | number | boolean | null | undefined)[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

/** Characters with which spreadsheets let a formula begin, also where white space stands before it. */
const FORMULA = /^[\s\u0000\u200b\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/; // oxlint-disable-line no-control-regex

function csvCell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
