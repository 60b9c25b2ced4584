import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { isOpen } from '../../core/facts.ts';
import type { Domain } from '../../core/records.ts';
import { addressesAt } from '../../core/approval-addresses.ts';
import { DCV_METHODS, dcvMethodOf, emailChoice, usesToken, valueExpiry, valueOf } from './challenges.ts';
import { dcvAsk, dcvToken, renderDcvAsk, renderDcvToken, validationEmails } from './dcv-answers.ts';
import { currentValidation, newChoice, ownDomain } from './domains.ts';
import { accept, act, idOf, read, type Call } from './endpoint.ts';
import { invalidParameter, unknownObject, VendorError } from './errors.ts';
import { email, flag, lenientText, list, text, word } from './fields.ts';
import { DIALECT, type World } from './world.ts';

export const listDcvMethods = read({
  path: '/domain/dcv/method',
  summary: 'List the ways of domain validation',
  answers: { 200: z.strictObject({ methods: z.array(z.strictObject({ name: z.enum(DCV_METHODS) })) }) },
  handle: async () => ({ status: 200, json: { methods: DCV_METHODS.map((name) => ({ name })) } }),
});

export const changeDomainMethod = accept({
  method: 'PUT',
  path: '/domain/:domainId/dcv/method',
  summary: 'Prove a kept domain in another way',
  permission: 'domains',
  body: z.object({ dcv_method: word(DCV_METHODS), send_dcv_email_flag: flag.optional() }),
  answers: { 200: dcvAsk },
  async handle(world, call) {
    const kept = await domainInPath(world, call);
    const choice = newChoice(world, call.body.dcv_method, kept.name);
    const { validation } = await world.context.registry.domains.choose(call.actor, kept.id, choice);
    return { status: 200, json: validation === null ? {} : renderDcvAsk(validation, world.context.clock.now()) };
  },
});

export const newDomainToken = act({
  method: 'POST',
  path: '/domain/:domainId/dcv/token',
  summary: 'Make a new random value for a kept domain; the one before counts no more',
  permission: 'domains',
  answers: { 201: dcvToken },
  async handle(world, call) {
    const kept = await domainInPath(world, call);
    const before = await currentValidation(world, kept);
    const method = before === null ? 'email' : dcvMethodOf(before);
    if (!usesToken(method)) throw wrongMethod();
    const choice = newChoice(world, method, kept.name);
    const { validation } = await world.context.registry.domains.choose(call.actor, kept.id, choice);
    const json = validation === null ? null : renderDcvToken(validation, world.context.clock.now());
    if (json === null) throw wrongMethod();
    return { status: 201, json };
  },
});

const MISSING = {
  'dns-txt-token': ['invalid_dns_txt', 'Could not find a valid TXT record for one or more domains.'],
  'dns-cname-token': ['invalid_dns_cname', 'Could not find a valid CNAME record for one or more domains.'],
  'http-token': [
    'file_random_value_not_found',
    'Could not find the random value at the expected file location for one or more domains.',
  ],
  'http-token-dynamic': [
    'file_random_value_not_found',
    'Could not find the random value at the expected file location for one or more domains.',
  ],
} as const;

export const validateDomainToken = accept({
  method: 'PUT',
  path: '/domain/:domainId/dcv/validate-token',
  summary: 'Look for the random value of a kept domain now',
  permission: 'domains',
  body: z.object({ token: lenientText(200).optional() }),
  answers: { 200: z.strictObject({ token: z.string(), status: z.literal('active') }) },
  async handle(world, call) {
    const { registry, clock } = world.context;
    const kept = await domainInPath(world, call);
    const asked = await currentValidation(world, kept);
    const method = asked === null ? 'email' : dcvMethodOf(asked);
    const token = asked === null ? null : valueOf(asked);
    if (asked === null || token === null || !usesToken(method)) throw wrongMethod();
    if (call.body.token !== undefined && call.body.token !== token) throw invalidParameter('token');
    const [code, message] = MISSING[method];
    if (isOpen(asked)) {
      if (valueExpiry(asked.createdAt) <= clock.now()) {
        throw new VendorError(400, 'expired_token', 'The random value has expired. Generate a new one.');
      }
      await registry.domains.check(call.actor, kept.id);
      const after = await world.context.store.get('validations', asked.id);
      if (after?.state !== 'valid') throw new VendorError(400, code, message);
    }
    return { status: 200, json: { token, status: 'active' } };
  },
});

export const domainEmails = read({
  path: '/domain/:domainId/dcv/emails',
  summary: 'List the addresses that may approve a kept domain, or any domain by its name',
  query: { consider_dcv_email_preferences: 'Accepted; every constructed address may always approve' },
  answers: { 200: validationEmails },
  async handle(world, call) {
    const inPath = call.params['domainId'] ?? '';
    const name = inPath.includes('.')
      ? world.context.names.normalise(inPath, 'domain_id').replace(/^\*\./, '')
      : (await domainInPath(world, call)).name;
    return { status: 200, json: { name_scope: name, base_emails: addressesAt(name) } };
  },
});

export const resendDomainEmails = accept({
  method: 'PUT',
  path: '/domain/:domainId/dcv/emails',
  summary: 'Mail the link for a kept domain again, to other of the constructed addresses where they are named',
  permission: 'domains',
  body: z.object({
    name_scope: text(253).optional(),
    locale: lenientText(20).optional(),
    email_array: list(email, 20).optional(),
  }),
  answers: { 204: null },
  async handle(world, call) {
    const { registry, names } = world.context;
    const kept = await domainInPath(world, call);
    const asked = await currentValidation(world, kept);
    if (asked === null || !isOpen(asked) || asked.method !== 'email') throw wrongMethod();
    const { name_scope: emailDomain, email_array: emails } = call.body;
    if (emailDomain !== undefined || emails !== undefined) {
      await registry.domains.choose(call.actor, kept.id, emailChoice(kept.name, names, { emailDomain, emails }));
    }
    await registry.domains.remind(call.actor, kept.id);
    return { status: 204 };
  },
});

/** By id, or by the name as some clients have it. */
async function domainInPath(world: World, call: Pick<Call, 'params'> & { actor: Actor }): Promise<Domain> {
  const inPath = call.params['domainId'] ?? '';
  if (!inPath.includes('.')) return ownDomain(world, call.actor, idOf(call, 'domainId', 'domain'));
  const { accountId } = call.actor;
  const [found] = await world.context.store.find('domains', {
    accountId,
    dialect: DIALECT,
    name: inPath.toLowerCase(),
  });
  if (found === undefined) throw unknownObject('domain');
  return found;
}

function wrongMethod(): VendorError {
  return new VendorError(400, 'invalid_dns_method', 'An error occurred while processing your request.');
}
