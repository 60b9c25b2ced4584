export interface ServerPlatform {
  id: number;
  name: string;
  install_url: string;
  csr_url: string;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [-1, 'OTHER'],
  [2, 'Apache'],
  [14, 'Microsoft IIS 5 or 6'],
  [40, 'Microsoft IIS 7'],
  [45, 'nginx'],
  [57, 'Other'],
  [67, 'Microsoft IIS 8'],
  [68, 'Microsoft Exchange Server 2013'],
]);

/** Every number is taken: the vendor's table grows. */
export function serverPlatform(id: number): ServerPlatform {
  return {
    id,
    name: NAMES.get(id) ?? 'OTHER',
    install_url: 'http://www.digicert.com/SSL-certificate-installation.htm',
    csr_url: 'http://www.digicert.com/csr-creation.htm',
  };
}

/** The platforms that are known by name. */
export function serverPlatforms(): ServerPlatform[] {
  return [...NAMES.keys()].map(serverPlatform);
}
