import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryDirectory, openssl } from './openssl-command.ts';

/** A small CA made by the `openssl` command: what it signs is read back in the tests. DER. */
export interface Samples {
  root: Buffer;
  leaf: Buffer;
  crl: Buffer;
  emptyCrl: Buffer;
}

const CONFIG = `
[ca]
default_ca = desk
[desk]
database = index.txt
new_certs_dir = certs
serial = serial
crlnumber = crlnumber
certificate = root.pem
private_key = root.key
default_md = sha256
default_days = 90
default_crl_days = 7
policy = any
crl_extensions = crl
unique_subject = no
[any]
commonName = optional
organizationName = optional
countryName = optional
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE,pathlen:1
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:a.test,DNS:*.B.test,IP:192.0.2.7,IP:2001:db8::1,email:x@a.test
certificatePolicies = 2.23.140.1.2.2,1.3.6.1.4.1.99999.1
crlDistributionPoints = URI:http://crl.test/7.crl
authorityInfoAccess = caIssuers;URI:http://ca.test/ca.der,OCSP;URI:http://ocsp.test/
tlsfeature = status_request
[crl]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp
[idp]
fullname = URI:http://crl.test/7.crl
`;

/** @param key arguments of `openssl genpkey` for the CA, P-256 by default */
export function makeSamples(
  key: readonly string[] = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
): Samples {
  return inTemporaryDirectory((directory) => {
    const run = (...args: string[]): Buffer => openssl(args, '', directory);
    const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
    mkdirSync(join(directory, 'certs'));
    write('ca.cnf', CONFIG);
    write('index.txt', '');
    write('serial', 'F00000000000000000000001\n');
    write('crlnumber', '80FF\n');
    run('genpkey', ...key, '-out', 'root.key');
    const subject = '/C=NL/O=Desk, "Ltd" \\+ Sons/CN=Root';
    run(
      'req',
      '-x509',
      '-new',
      '-key',
      'root.key',
      '-config',
      'ca.cnf',
      '-extensions',
      'root',
      '-subj',
      subject,
      '-days',
      '3650',
      '-out',
      'root.pem',
    );
    const crl = (out: string): Buffer => {
      run('ca', '-config', 'ca.cnf', '-gencrl', '-out', `${out}.pem`);
      return run('crl', '-in', `${out}.pem`, '-outform', 'DER');
    };
    const emptyCrl = crl('empty');
    for (const reason of [[], ['-crl_reason', 'keyCompromise'], ['-crl_reason', 'superseded']]) {
      run(
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        'leaf.key',
        '-config',
        'ca.cnf',
        '-subj',
        '/C=NL/O=Zürich/CN=a.test',
        '-utf8',
        '-out',
        'leaf.csr',
      );
      run('ca', '-batch', '-notext', '-config', 'ca.cnf', '-extensions', 'leaf', '-in', 'leaf.csr', '-out', 'leaf.pem');
      run('ca', '-config', 'ca.cnf', '-revoke', 'leaf.pem', ...reason);
    }
    const certificate = (name: string): Buffer => run('x509', '-in', name, '-outform', 'DER');
    return { root: certificate('root.pem'), leaf: certificate('leaf.pem'), crl: crl('full'), emptyCrl };
  });
}
