import { invalidValue } from '../../core/errors.ts';
import * as answers from './answers.ts';
import { accept, ownCustomer } from './endpoint.ts';
import { importBody } from './schemas.ts';
import { DIALECT } from './world.ts';

export const importCertificate = accept({
  method: 'POST',
  path: '/v2/ssl/import',
  summary: 'Take a certificate that was made elsewhere into the list',
  body: importBody,
  answers: { 201: answers.imported },
  async handle(world, { actor, body }) {
    ownCustomer(actor, body.customer);
    const { desk, pki } = world.context;
    const parsed = pki.readCertificate(body.certificate);
    const csr = body.csr === undefined ? null : await pki.readCsr(body.csr);
    if (csr !== null && csr.spkiHash !== parsed.spkiHash)
      throw invalidValue('csr', 'is not for the key of the certificate');
    const { certificate: _, csr: __, ...command } = body;
    const { request, certificate } = await desk.importCertificate(actor, {
      dialect: DIALECT,
      certificate: parsed,
      csr,
      commonName: body.domainName ?? null,
      registrationNumber: body.coc ?? null,
      extra: { command },
    });
    return { status: 201, json: { id: certificate?.id ?? request.id }, processId: request.id };
  },
});
