/** Shard number that stands for the CRL of the root, which covers the intermediate. */
export const ROOT_SHARD = -1;

/** Where the CA's certificates and CRLs are served; the addresses that stand in certificates. */
export interface CaAddresses {
  rootCertificate(): string;
  intermediateCertificate(): string;
  crl(shard: number): string;
}

/** `base` is the public address of the desk, `http://…` without a slash at the end. */
export function caAddresses(base: string, issuer: string): CaAddresses {
  return {
    rootCertificate: () => base + certificatePath(issuer, 'root'),
    intermediateCertificate: () => base + certificatePath(issuer, 'intermediate'),
    crl: (shard) => base + crlPath(issuer, shard),
  };
}

export function crlPath(issuer: string, shard: number): string {
  return `/crl/${issuer}/${shard === ROOT_SHARD ? 'root' : shard}.crl`;
}

export function certificatePath(issuer: string, name: 'root' | 'intermediate'): string {
  return `/ca/${issuer}/${name}.crt`;
}
