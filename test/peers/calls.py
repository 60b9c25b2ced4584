"""What our programs share, on Python 2 and 3: the server's address, requests for certificates, and a line a call."""

from __future__ import print_function

import os
import subprocess
import sys
import tempfile

URL = os.environ['CHANCERY_URL']
KEY = os.environ['CHANCERY_KEY']
ORGANIZATION = int(os.environ['CHANCERY_ORGANIZATION'])
DOMAIN = os.environ['CHANCERY_DOMAIN']


def call(what, function):
    """Calls, tells in one line whether it went well, and gives what came back, or None."""
    try:
        answer = function()
        print('ok ' + what)
        return answer
    except Exception as error:  # whatever the client makes of an answer
        print('not ok %s: %s: %s' % (what, type(error).__name__, str(error).replace('\n', ' ')[:500]))
    finally:
        sys.stdout.flush()


def refused(what, function, text):
    """A call that the server has to refuse with this text in what the client makes of it."""

    def attempt():
        try:
            answer = function()
        except Exception as error:
            if text not in str(error):
                raise
            return
        raise AssertionError('it was not refused: %s' % (answer,))

    call(what, attempt)


def same(found, expected):
    if found != expected:
        raise AssertionError('%r instead of %r' % (found, expected))


def make_csr(name):
    """PEM of a request with a new P-256 key."""
    handle, key = tempfile.mkstemp()
    os.close(handle)
    try:
        with open(os.devnull, 'w') as quiet:
            args = ['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key]
            subprocess.check_call(args, stderr=quiet)
        return subprocess.check_output(['openssl', 'req', '-new', '-key', key, '-subj', '/CN=' + name]).decode()
    finally:
        os.unlink(key)
