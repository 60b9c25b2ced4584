/** Object identifiers in dotted form, by what they name. */

export const ALGORITHM = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  ecPublicKey: '1.2.840.10045.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const;

/** Attributes of a distinguished name (X.520; EVG 7.1.4.2 for the jurisdiction). */
export const ATTRIBUTE = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  countryName: '2.5.4.6',
  localityName: '2.5.4.7',
  stateOrProvinceName: '2.5.4.8',
  streetAddress: '2.5.4.9',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  businessCategory: '2.5.4.15',
  postalCode: '2.5.4.17',
  emailAddress: '1.2.840.113549.1.9.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
  jurisdictionLocality: '1.3.6.1.4.1.311.60.2.1.1',
  jurisdictionState: '1.3.6.1.4.1.311.60.2.1.2',
  jurisdictionCountry: '1.3.6.1.4.1.311.60.2.1.3',
} as const;

export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  issuingDistributionPoint: '2.5.29.28',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityInformationAccess: '1.3.6.1.5.5.7.1.1',
  /** TLS feature (RFC 7633), known as must-staple. */
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  /** RFC 8737 §3 */
  acmeIdentifier: '1.3.6.1.5.5.7.1.31',
  /** DelegationUsage (RFC 9345 §4.2). */
  delegationUsage: '1.3.6.1.4.1.44363.44',
} as const;

export const PURPOSE = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

export const ACCESS = { caIssuers: '1.3.6.1.5.5.7.48.2' } as const;

/** Reserved policies (BR 7.1.6.1) and `anyPolicy` (RFC 5280 §4.2.1.4). */
export const POLICY = {
  any: '2.5.29.32.0',
  DV: '2.23.140.1.2.1',
  OV: '2.23.140.1.2.2',
  EV: '2.23.140.1.1',
} as const;

export const CMS = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2' } as const;

/** Attributes of a certification request (RFC 2986, PKCS #9). */
export const REQUEST_ATTRIBUTE = { extensionRequest: '1.2.840.113549.1.9.14' } as const;
