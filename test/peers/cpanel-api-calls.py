"""Calls of cpanel-api: the store of keys, requests and certificates by UAPI, and the older API beside it."""

from urllib.parse import urlsplit

from calls import URL, call, same
from cpanel_api import BadResponse, CPanelApi
from cpanel_calls import DOMAIN, PASSWORD, TOKEN, USER, self_signed

address = urlsplit(URL)
with_token, with_password = (
    CPanelApi(address.hostname, USER, secret, port=address.port, ssl=False, auth_type=kind)
    for secret, kind in ((TOKEN, 'utoken'), (PASSWORD, 'password'))
)
SUBJECT = {
    'countryName': 'US',
    'stateOrProvinceName': 'TX',
    'localityName': 'Houston',
    'organizationName': 'Example',
}


def good(result):
    """The data of a call that succeeded."""
    if result.status != 1:
        raise AssertionError('%s' % (result.errors,))
    return result.data


def failed(result, text):
    same(result.status, 0)
    if text not in ' '.join(result.errors):
        raise AssertionError('%s' % (result.errors,))


uapi = with_token.uapi
cert, key, _, _ = self_signed(DOMAIN, 'www.' + DOMAIN)
made = call('SSL.generate_key', lambda: good(uapi.SSL.generate_key(keytype='ecdsa-prime256v1'))) or {}
shown = lambda: same(good(uapi.SSL.show_key(id=made['id']))['details']['key'], made['text'])
call('SSL.show_key', shown)
csr = lambda: good(uapi.SSL.generate_csr(SUBJECT, key_id=made['id'], domains=DOMAIN + ',www.' + DOMAIN))
call('SSL.generate_csr', lambda: same(csr()['domains'], [DOMAIN, 'www.' + DOMAIN]))
call('SSL.list_csrs', lambda: same(good(uapi.SSL.list_csrs())[-1]['commonName'], DOMAIN))
kept = call('SSL.upload_key', lambda: good(uapi.SSL.upload_key(key=key))[0]) or {}
call('SSL.upload_cert', lambda: same(good(uapi.SSL.upload_cert(crt=cert))[0]['is_self_signed'], 1))
ids = lambda: [one['id'] for one in good(uapi.SSL.list_keys({'api.sort': 1, 'api.sort_column_0': 'id'}))]
call('SSL.list_keys, sorted', lambda: same(ids(), sorted(ids())))
found = lambda: good(uapi.SSL.find_certificates_for_key(id=kept['id']))
call('SSL.find_certificates_for_key', lambda: same(len(found()), 1))
placed = lambda: good(uapi.SSL.install_ssl(domain=DOMAIN, cert=cert, key=key))
call('SSL.install_ssl', lambda: same(placed()['working_domains'], [DOMAIN, 'www.' + DOMAIN]))
hosts = lambda: good(with_password.uapi.SSL.installed_hosts())
call('SSL.installed_hosts with the password', lambda: same([host['servername'] for host in hosts()], [DOMAIN]))
info = lambda: good(uapi.SSL.fetch_key_and_cabundle_for_certificate(certificate=cert))
call('SSL.fetch_key_and_cabundle_for_certificate', lambda: same(info()['status'], 1))
other = lambda: uapi.SSL.install_ssl(domain=DOMAIN, cert=cert, key=made['text'])
call('SSL.install_ssl with another key', lambda: failed(other(), 'do not match'))
call('SSL.delete_ssl', lambda: good(uapi.SSL.delete_ssl(domain=DOMAIN)))
call('SSL.delete_key', lambda: same(len(good(uapi.SSL.delete_key(id=made['id']))), 1))
domains = lambda: good(uapi.DCV.check_domains_via_http(domain=DOMAIN))
call('DCV.check_domains_via_http', lambda: same(domains()[0]['failure_reason'], None))
call('DomainInfo.list_domains', lambda: same(good(uapi.DomainInfo.list_domains())['main_domain'], DOMAIN))
zone = lambda: failed(uapi.DNS.parse_zone(zone=DOMAIN), 'You do not control a DNS zone named ' + DOMAIN)
call('DNS.parse_zone', zone)
old = with_token.cpanel2
call('CustInfo.displaycontactinfo of API 2', lambda: same(old.CustInfo.displaycontactinfo().cpanelresult.event.result, 1))
installed = lambda: old.SSL.installssl(domain=DOMAIN, crt=cert, key=key).cpanelresult.data[0].result
call('SSL.installssl of API 2', lambda: same(installed(), 1))


def wrong_token():
    answer = CPanelApi(address.hostname, USER, 'A' * 32, port=address.port, ssl=False, auth_type='utoken')
    try:
        same(answer.uapi.SSL.list_keys().cpanelresult.error, 'Access denied')
    except BadResponse:
        raise AssertionError('no JSON')


call('a wrong token', wrong_token)
