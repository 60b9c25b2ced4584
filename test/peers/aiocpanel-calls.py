"""Calls of aiocpanel: it starts AutoSSL and takes the certificate away with its key and chain."""

import asyncio
import subprocess

import aiohttp
from aiocpanel import CpanelApiError, CpanelAuthError, CpanelClient, CpanelNoCertificateError
from calls import URL, call, refused, same
from cpanel_calls import DOMAIN, TOKEN, USER
from yarl import URL as Address


def run(work, token=TOKEN):
    """With a client of its own, as its sessions belong to one loop."""

    async def with_client():
        async with aiohttp.ClientSession() as session:
            client = CpanelClient(session, 'localhost', USER, token)
            # It knows https alone; what it sends is the same.
            client._server_url = Address(URL)
            return await work(client)

    return asyncio.run(with_client())


def fetched(domain):
    certificate = run(lambda client: client.fetch_certificate(domain))
    same(certificate.fullchain.count('BEGIN CERTIFICATE'), 2)
    public = ['openssl', 'x509', '-noout', '-pubkey']
    of_key = ['openssl', 'pkey', '-pubout']
    same(piped(public, certificate.crt), piped(of_key, certificate.key_pem))
    return certificate


def piped(command, text):
    return subprocess.run(command, input=text.encode(), check=True, capture_output=True).stdout


def raised(kind, work):
    try:
        work()
    except kind:
        return
    raise AssertionError('no %s' % kind.__name__)


call('start_autossl_check', lambda: run(lambda client: client.start_autossl_check()))
call('fetch_certificate of the domain', lambda: fetched(DOMAIN))
call('fetch_certificate of its other name', lambda: fetched('www.' + DOMAIN))
nothing = lambda: raised(CpanelNoCertificateError, lambda: fetched('nothing.' + DOMAIN))
call('fetch_certificate where there is none', nothing)
wrong = lambda: raised(CpanelAuthError, lambda: run(lambda client: client.start_autossl_check(), 'A' * 32))
call('a wrong token', wrong)
not_served = lambda: raised(CpanelApiError, lambda: run(lambda client: client.list_dynamic_dns()))
call('a module that is not served', not_served)
refused('its text', lambda: run(lambda client: client.list_dynamic_dns()), 'Failed to load module')
