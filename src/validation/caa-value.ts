/** The value of an `issue` or `issuewild` property. */
export interface IssueValue {
  /** Lower case; empty where nobody is named. */
  issuer: string;
  /** Tags lower case, in the record's order. */
  parameters: { tag: string; value: string }[];
}

const LABEL = '[A-Za-z0-9](?:-*[A-Za-z0-9])*';
const ISSUER = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const PARAMETER = new RegExp(`^(${LABEL})[ \\t]*=[ \\t]*([!-:<-~]*)$`);

/**
 * Reads an issue-value strictly by the grammar of RFC 8659 §4.2. Null where it is malformed: such a property names
 * nobody, and so permits nobody.
 */
export function parseIssueValue(text: string): IssueValue | null {
  const semicolon = text.indexOf(';');
  const issuer = trim(semicolon < 0 ? text : text.slice(0, semicolon));
  if (issuer !== '' && !ISSUER.test(issuer)) return null;
  const value: IssueValue = { issuer: issuer.toLowerCase(), parameters: [] };

  const rest = semicolon < 0 ? '' : trim(text.slice(semicolon + 1));
  if (rest === '') return value;
  // A semicolon never stands within a value, so it always parts two parameters; none may be empty.
  for (const part of rest.split(';')) {
    const match = PARAMETER.exec(trim(part));
    if (match === null) return null;
    value.parameters.push({ tag: (match[1] as string).toLowerCase(), value: match[2] as string });
  }
  return value;
}

/** WSP of RFC 5234: space and tab only. Loops, because a pattern for trailing blanks takes quadratic time. */
function trim(text: string): string {
  const blank = (at: number) => text[at] === ' ' || text[at] === '\t';
  let from = 0;
  let to = text.length;
  while (from < to && blank(from)) from += 1;
  while (to > from && blank(to - 1)) to -= 1;
  return text.slice(from, to);
}
