"""Buys a certificate over the Market with cpanel-api of PyPI, and puts it in place."""

import html
import json
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from calls import URL, call
from cpanel_api import CPanelApi
from cpanel_calls import PASSWORD, TOKEN, USER

PLACE = urlsplit(URL)
BACK = 'http://panel.test/back'
DONE = 'http://panel.test/done'


def client(secret, auth_type):
    return CPanelApi(PLACE.hostname, USER, secret, PLACE.port, auth_type=auth_type, ssl=False)


by_token = client(TOKEN, 'utoken')
by_password = client(PASSWORD, 'password')
uapi = by_token.uapi


def data(result):
    if result.get('status') != 1:
        raise AssertionError(json.dumps(result))
    return result['data']


class Page:
    """A browser as simple as can be: keeps cookies, sends a page's form back to it."""

    def __init__(self):
        self.session = requests.Session()
        self.url = self.text = None

    def get(self, url):
        return self._take(self.session.get(url))

    def send(self, **fields):
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.text)
        values = {name: html.unescape(value) for name, value in hidden}
        reply = self.session.post(self.url, {**values, **fields}, allow_redirects=False)
        where = reply.headers.get('location', '')
        if where.startswith('http'):
            return where
        return self._take(self.session.get(urljoin(self.url, where)) if where else reply)

    def _take(self, reply):
        assert reply.status_code == 200, (reply.status_code, reply.text)
        self.url, self.text = reply.url, reply.text


def sign_in():
    page = Page()
    page.get(data(uapi.Market.get_login_url(provider='cPStore', url_after_login=BACK)))
    page.send(user=USER, **{'pass': PASSWORD}, action='sign-in')
    code = parse_qs(urlsplit(page.send(action='allow')).query)['code'][0]
    args = {'provider': 'cPStore', 'login_token': code, 'url_after_login': BACK}
    return page, data(uapi.Market.validate_login_token(args))['access_token']


def order(token):
    dv = next(one for one in data(uapi.Market.get_all_products()) if one['x_validation_type'] == 'dv')
    names = ['shop.test', 'www.shop.test']
    certificate = {
        'product_id': dv['product_id'],
        'price': dv['x_price_per_domain'] * len(names),
        'subject_names': [{'type': 'dNSName', 'name': name, 'dcv_method': 'http'} for name in names],
        'validity_period': dv['x_certificate_term'],
        'vhost_names': ['*'],
    }
    args = {'provider': 'cPStore', 'access_token': token, 'url_after_checkout': DONE}
    return data(uapi.Market.request_ssl_certificates({**args, 'certificate': [json.dumps(certificate)]}))


def pay(page, placed):
    page.get(placed['checkout_url'])
    where = page.send(action='pay')
    assert where == DONE + '?order_status=success', where


def finish(placed):
    item = placed['certificates'][0]['order_item_id']
    args = {'provider': 'cPStore', 'order_item_id': item, 'status': 'confirmed'}
    assert uapi.Market.set_status_of_pending_queue_items(args)['status'] == 1
    (done,) = data(uapi.Market.process_ssl_pending_queue())
    assert done['installed'] == 1 and done['deleted'] == 1, done
    return done['certificate_pem']


def installed(pem):
    for host in data(uapi.SSL.installed_hosts()):
        if host['certificate_text'].startswith(pem.strip()):
            return
    raise AssertionError('it is on no website')


def listed(placed):
    ids = [key['id'] for key in data(uapi.SSL.list_keys())]
    assert placed['certificates'][0]['key_id'] in ids, ids


call('cpanel-api: providers, by a token', lambda: data(uapi.Market.get_providers_list()))
call('cpanel-api: providers, by the password', lambda: data(by_password.uapi.Market.get_providers_list()))
signed_in = call('cpanel-api: sign in to the shop and exchange the code', sign_in)
if signed_in is not None:
    page, token = signed_in
    placed = call('cpanel-api: ask for a certificate', lambda: order(token))
    if placed is not None:
        call('cpanel-api: pay on the page', lambda: pay(page, placed))
        pem = call('cpanel-api: confirm it and run the queue', lambda: finish(placed))
        if pem is not None:
            call('cpanel-api: it is on its website', lambda: installed(pem))
        call('cpanel-api: its key is listed', lambda: listed(placed))
