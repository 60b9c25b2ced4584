/** Key identifier and serial (the integer's octets, a leading zero included) of a certificate id; null where it is none. */
export function readMembers(id: string): { keyId: Buffer; serial: Buffer } | null {
  const [, keyId, serial] = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(id) ?? [];
  if (keyId === undefined || serial === undefined) return null;
  return { keyId: Buffer.from(keyId, 'base64url'), serial: Buffer.from(serial, 'base64url') };
}
