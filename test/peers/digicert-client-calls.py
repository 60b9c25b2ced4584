"""Calls of the vendor's own client of 2015, for Python 2. It sends a body with every GET, and its key in every POST."""

import json
import urllib2
from httplib import HTTPConnection

import digicert_client
from calls import DOMAIN, KEY, ORGANIZATION, URL, call, make_csr, same
from digicert_client.api import Request
from digicert_client.api.commands.v2 import OrderCertificateCommand
from digicert_client.api.queries.v2 import DownloadCertificateQuery

HOST, PORT = URL[len('http://'):].split(':')


def connection():
    return HTTPConnection(HOST, int(PORT))


def orders():
    return digicert_client.CertificateOrder(host=HOST, customer_api_key=KEY, conn=connection())


def send(action):
    return Request(action, HOST, connection()).send()


def good(answer):
    if not isinstance(answer, dict) or answer.get('http_status', 200) >= 300:
        raise AssertionError(answer)
    return answer


def organization():
    url = '%s/services/v2/organization/%d' % (URL, ORGANIZATION)
    return json.load(urllib2.urlopen(urllib2.Request(url, headers={'X-DC-DEVKEY': KEY})))


def order_of(name, **more):
    """The client looks for the organization by all of its details."""
    details = organization()
    contact = details['organization_contact']
    members = {
        'certificate_type': 'sslplus',
        'common_name': name,
        'csr': make_csr(name),
        'validity': 1,
        'org_name': details['name'],
        'org_addr1': details['address'],
        'org_city': details['city'],
        'org_state': details['state'],
        'org_zip': details['zip'],
        'org_country': details['country'],
        'org_contact_firstname': contact['first_name'],
        'org_contact_lastname': contact['last_name'],
        'org_contact_email': contact['email'],
        'org_contact_telephone': contact['telephone'],
    }
    members.update(more)
    return members


def order(name, **more):
    command = OrderCertificateCommand(customer_api_key=KEY, organization_id=ORGANIZATION, **order_of(name, **more))
    return good(send(command))['id']


def downloaded(answer):
    same(sorted(good(answer)['certificates']), ['certificate', 'intermediate', 'root'])


call('place: user, organization, domain, order', lambda: good(orders().place(**order_of(DOMAIN))))
name = 'old.' + DOMAIN
first = call('order', lambda: order(name, server_type='2', comments='x'))
call('order until a date', lambda: order('old-date.' + DOMAIN, custom_expiration_date='2027-06-01'))
call('view', lambda: same(good(orders().view(first))['status'], 'issued'))
call('view all', lambda: same([one['id'] for one in good(orders().view_all())['orders']].count(first), 1))
call('download by order', lambda: downloaded(orders().download(first)))
call('download as ZIP', lambda: same(send(DownloadCertificateQuery(KEY, order_id=first))[:2], 'PK'))
certificate = {'common_name': name, 'csr': make_csr(name), 'signature_hash': 'sha256', 'server_platform': {'id': -1}}
call('duplicate', lambda: orders().create_duplicate(first, certificate=certificate)['id'])
duplicates = call('list duplicates', lambda: orders().list_duplicates(first))
call('download a duplicate', lambda: same(len(orders().download_duplicate(first, duplicates[0]['sub_id'])), 3))
call('a CSR that no order waits for', lambda: same(orders().upload_csr(first, make_csr(name))['http_status'], 400))
call('view what is not there', lambda: same(orders().view(99999999)['http_status'], 404))
