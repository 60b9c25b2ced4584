/** Whether a certificate's names stand for a name (RFC 6125 §6.4.3: `*` for one whole label). */
export function isCovered(name: string, domains: readonly string[]): boolean {
  const wildcard = `*${name.slice(Math.max(name.indexOf('.'), 0))}`;
  return domains.some((domain) => domain === name || (!name.startsWith('*.') && domain === wildcard));
}
