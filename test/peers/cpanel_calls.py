"""What our programs for cPanel's clients share: who calls, and certificates made by the openssl command."""

import os
import subprocess
import tempfile

USER = os.environ['CHANCERY_CPANEL_USER']
TOKEN = os.environ['CHANCERY_CPANEL_TOKEN']
PASSWORD = os.environ['CHANCERY_CPANEL_PASSWORD']
DOMAIN = 'shop.test'


def self_signed(*names):
    """PEM of a certificate that signs itself, and of its key; the paths of both as well."""
    directory = tempfile.mkdtemp()
    cert, key = (os.path.join(directory, name) for name in ('cert.pem', 'key.pem'))
    san = 'subjectAltName=' + ','.join('DNS:' + name for name in names)
    args = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=' + names[0]]
    subprocess.run(args + ['-addext', san, '-out', cert, '-keyout', key], check=True, stderr=subprocess.DEVNULL)
    with open(cert) as cert_file, open(key) as key_file:
        return cert_file.read(), key_file.read(), cert, key


def csr_of(key):
    """PEM of a request by the key in this file."""
    return subprocess.check_output(['openssl', 'req', '-new', '-key', key, '-subj', '/CN=' + DOMAIN]).decode()
