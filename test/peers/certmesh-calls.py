"""Calls of certmesh's client for this vendor. It trusts nothing: it checks what it downloads with its own parser."""

import os

from calls import DOMAIN, KEY, ORGANIZATION, URL, call, make_csr, refused, same
from certmesh.providers import digicert_client as client

os.environ['CM_DIGICERT_API_KEY'] = KEY
CONFIG = {
    'base_url': URL + '/services/v2',
    'polling': {'interval_seconds': 1, 'max_wait_seconds': 3},
    'retry': {'max_attempts': 1},
}
AT = (CONFIG, {}, None)


def order(name, **members):
    request = client.OrderRequest(common_name=name, organization_id=ORGANIZATION, key_size=2048, **members)
    return client.order_and_await_certificate(*AT, request)


def order_and_check(name, **members):
    bundle = order(name, **members)
    same(bundle.common_name, name)
    same(bundle.chain_pem.count('BEGIN CERTIFICATE'), 2)
    return int(bundle.source_id)


def found(**filters):
    return client.search_certificates(*AT, **filters)


first = 'mesh.' + DOMAIN
certificate = call('order, poll and download as ZIP', lambda: order_and_check(first, comments='for the mesh'))
call('order for days', lambda: order_and_check('days.' + DOMAIN, validity_days=90, dcv_method='dns-txt-token'))
names = ['pro.' + DOMAIN, 'pro-2.' + DOMAIN]
call('order more names', lambda: order_and_check(names[0], product_name_id='ssl_securesite_pro', san_dns_names=names))
refused('wait for a domain that is not proved', lambda: order('mesh.unproved.test'), 'Timed out after 3s')
refused('pay by card', lambda: order('card.' + DOMAIN, payment_method='card'), 'HTTP 400')
refused('order with a product that does not exist', lambda: order(first, product_name_id='no_such'), 'HTTP 404')

listed = call('list in pages of two', lambda: client.list_issued_certificates(*AT, page_size=2, status='issued'))
same(len({one.certificate_id for one in listed or []}), 3)
mine = call('search by name', lambda: found(common_name=first)[0])
call('search by serial number', lambda: same(found(serial_number=mine.serial_number), [mine]))
call('describe', lambda: same(client.describe_certificate(*AT, certificate).serial_number, mine.serial_number))

call('duplicate with nothing but a CSR', lambda: client.duplicate_certificate(*AT, mine.order_id, make_csr(first)))
for reason in ['unspecified', 'key_compromise', 'affiliation_change', 'superseded', 'cessation_of_operation']:
    made = call('order once more', lambda: order_and_check(reason.replace('_', '-') + '.' + DOMAIN))
    call('revoke: ' + reason, lambda: client.revoke_certificate(*AT, certificate_id=made, reason=reason))
call('revoke by order', lambda: client.revoke_certificate(*AT, order_id=mine.order_id, comments='moved'))
refused('revoke what is not there', lambda: client.revoke_certificate(*AT, certificate_id=99999999), 'HTTP 404')
