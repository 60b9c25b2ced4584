import { baseOf } from '../../core/names.ts';
import * as answers from './answers.ts';
import { installedView, orderedView } from './certificate-view.ts';
import { statesOf, stateOf } from './domain-state.ts';
import { accept, acceptMaybe, type Endpoint, read } from './endpoint.ts';
import { ApiError } from './errors.ts';
import { importThirdParty } from './import-certificate.ts';
import { orderCertificate } from './order-certificate.ts';
import { PAGED, pageOf } from './paging.ts';
import { domainOf, installOf } from './records.ts';
import * as schemas from './schemas.ts';

export const CERTIFICATES: readonly Endpoint[] = [
  read({
    path: '/installs/:install_id/ssl_certificates',
    summary: 'Certificates of an install: in place, ordered, and refused',
    query: PAGED,
    answers: { 200: answers.certificates },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      const { limit, offset } = pageOf(call.query);
      const domains = await world.store.find('hostnames', { websiteId: install.id });
      const states = await statesOf(world, domains);
      const now = world.clock.now();
      const views = states.flatMap((state) => [installedView(call.actor, state, now), orderedView(call.actor, state)]);
      const distinct = new Map(views.flatMap((view) => (view === null ? [] : [[view.id, view]])));
      if (distinct.size === 0) throw new ApiError(404, `No SSL certs found for environment '${install.name}'`);
      const all = [...distinct.values()].sort((one, other) => one.id - other.id);
      const next = offset + limit;
      const token = limit > 0 && next < all.length ? { next_page_token: String(next) } : {};
      return { status: 200, json: { certificates: all.slice(offset, next), ...token } };
    },
  }),
  read({
    path: '/installs/:install_id/domains/:domain_id/ssl_certificate',
    summary: 'The certificate of a domain with its private key, or how far its order is',
    // It shows a private key.
    permission: 'order',
    answers: { 200: answers.domainCertificate },
    handle: async (world, call) => {
      const { domain } = await domainOf(world, call);
      const state = await stateOf(world, domain);
      const installed = installedView(call.actor, state, world.clock.now());
      const certificate = installed ?? orderedView(call.actor, state);
      if (certificate === null) throw new ApiError(404, `No SSL cert found for domain '${domain.name}'`);
      const { certificatePem: cert, keyId } = domain;
      const named = { cert_name: baseOf(certificate.common_name) };
      if (installed === null || cert === null || keyId === null) {
        return { status: 200, json: { ...named, certificate, criteria: '' } };
      }
      const key = await world.subscriberKeys.show(call.actor, keyId, `ssl_certificate of ${domain.name}`);
      return { status: 200, json: { ...named, cert_info: { key, cert }, certificate, criteria: '' } };
    },
  }),
  acceptMaybe({
    method: 'POST',
    path: '/installs/:install_id/domains/:domain_id/ssl_certificate',
    summary: 'Orders a certificate for a domain; it renews itself',
    body: { schema: schemas.certificateOrder, resource: 'CertificateOrder' },
    answers: { 202: null },
    handle: async (world, call) => {
      const { install, domain } = await domainOf(world, call);
      await orderCertificate(world, call.actor, install, domain, call.body);
      return { status: 202 };
    },
  }),
  accept({
    method: 'POST',
    path: '/installs/:install_id/ssl_certificates/third_party',
    summary: 'Puts a certificate from elsewhere, with its key, in place on the domains that it names',
    body: { schema: schemas.thirdParty, resource: 'ThirdPartyCertificate' },
    answers: { 200: answers.imported },
    handle: async (world, call) => {
      await importThirdParty(world, call.actor, await installOf(world, call), call.body);
      const { certificate, private_key: key } = call.body;
      return { status: 200, json: { certificate, private_key: key } };
    },
  }),
];
