"""certbot itself with certbot-dns-cpanel: it installs certificates, and finds no zones to prove names in."""

import os
import subprocess
import sys
import tempfile

from calls import URL, call, refused
from cpanel_calls import DOMAIN, PASSWORD, TOKEN, USER, self_signed

certbot = os.path.join(os.path.dirname(sys.executable), 'certbot')
place = tempfile.mkdtemp()


def credentials(**secret):
    path = os.path.join(place, 'cpanel.ini')
    lines = ['cpanel_url = ' + URL, 'cpanel_username = ' + USER]
    lines += ['cpanel_%s = %s' % item for item in secret.items()]
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w') as file:
        file.write('\n'.join(lines) + '\n')
    return path


def install(secret, key=None, name=DOMAIN):
    _, _, cert_path, key_path = self_signed(name)
    folders = ['--config-dir', place + '/c', '--work-dir', place + '/w', '--logs-dir', place + '/l']
    paths = ['--cert-path', cert_path, '--key-path', key or key_path, '--chain-path', cert_path]
    plugin = ['-i', 'cpanel', '--cpanel-credentials', credentials(**secret)]
    command = [certbot, 'install', '--non-interactive', '-d', name, '--fullchain-path', cert_path]
    done = subprocess.run(command + folders + paths + plugin, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError((done.stderr + done.stdout)[-900:])


def client():
    from certbot_dns_cpanel.dns_cpanel import _CPanelClient

    return _CPanelClient(URL, USER, None, TOKEN)


call('certbot install with the token', lambda: install({'token': TOKEN}))
call('certbot install with the password', lambda: install({'password': PASSWORD}))
foreign = lambda: install({'token': TOKEN}, key=self_signed(DOMAIN)[3])
refused('certbot install with another key', foreign, 'do not match')
refused('certbot install for a foreign domain', lambda: install({'token': TOKEN}, name='nobody.test'), 'does not own')
refused('add_txt_record', lambda: client().add_txt_record('_acme-challenge.' + DOMAIN, 'x'), 'Could not get the zone')
