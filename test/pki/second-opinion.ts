// tsyringe, on which @peculiar/x509 is built, wants the decorator metadata of TypeScript's old experiment at load.
// Nothing here uses it, so empty answers do.
const nothing = (): undefined => undefined;
Object.assign(Reflect, { getMetadata: nothing, getOwnMetadata: nothing, defineMetadata: nothing });

/** @peculiar/x509: another reader of the same structures, to compare with. */
export const { X509Certificate, X509Crl, Pkcs10CertificateRequest } = await import('@peculiar/x509');
