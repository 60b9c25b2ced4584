import { createEmbeddedIssuer } from '../../src/issuers/embedded/issuer.ts';
import { acmeWorld } from './acme/acme-world.ts';
import { testIssuerContract } from './contract.ts';
import { embeddedCa, random } from './embedded-ca.ts';

testIssuerContract('the embedded CA', async (store) => {
  const { ca, issuer, clock } = await embeddedCa(store);
  return { issuer, clock, again: () => createEmbeddedIssuer({ ca, clock, random }) };
});

testIssuerContract('an ACME CA', async (store) => {
  const { issuer, clock, again, ca } = await acmeWorld(store);
  ca.script.pendingLooks = 1;
  ca.script.processingLooks = 1;
  return { issuer, clock, again, made: ca.certificatesIssued, close: () => ca.close() };
});
