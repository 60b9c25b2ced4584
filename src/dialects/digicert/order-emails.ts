import { z } from 'zod';
import { isOpen } from '../../core/facts.ts';
import { DeskError } from '../../core/errors.ts';
import { baseOf } from '../../core/names.ts';
import { chooserOf } from './challenges.ts';
import { accept } from './endpoint.ts';
import { invalidParameter } from './errors.ts';
import { email, lenientText, list, text } from './fields.ts';
import { methodOf, orderValidations, scopeOf, unprovedDomains } from './order-validations.ts';

const resendBody = z.object({
  domain_approval_emails: list(
    z.object({ domain: text(255), email: email.optional(), email_domain: text(255).optional() }),
    250,
  ).optional(),
  locale: lenientText(20).optional(),
});

export const resendOrderEmails = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/resend-emails',
  summary: 'Mail the links for domain validation again, to other of the constructed addresses where they are named',
  body: resendBody,
  answers: { 204: null },
  async handle(world, call) {
    const { desk, names } = world.context;
    const asked = await orderValidations(world, call);
    if (methodOf(asked) !== 'email' || !asked.validations.some(isOpen)) {
      throw new DeskError('wrong-state', 'The order waits for no answer to an e-mail.');
    }
    const entries = call.body.domain_approval_emails ?? [];
    const emails = new Map<string, { emailDomain?: string | undefined; emails?: string[] }>();
    const open = unprovedDomains(world, asked);
    entries.forEach(({ domain, email: address, email_domain: emailDomain }, index) => {
      const name = baseOf(domain.toLowerCase());
      if (!open.includes(name)) {
        throw invalidParameter(`domain_approval_emails[${index}].domain`, 'It waits for no answer to an e-mail');
      }
      const known = emails.get(name)?.emails ?? [];
      emails.set(name, { emailDomain, ...(address === undefined ? {} : { emails: [...known, address] }) });
    });
    const scope = await scopeOf(world, call.actor, asked.details);
    const choose = chooserOf({ method: 'email', value: null, scope, names, emails });
    const choices = new Map([...emails.keys()].map((domain) => [domain, choose(domain)]));
    if (choices.size > 0) await desk.checkNow(call.actor, asked.request.id, choices);
    await desk.remind(call.actor, asked.request.id);
    return { status: 204 };
  },
});

export const resendOrderApproval = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/order-approval/resend-emails',
  summary: 'Mail the subscriber agreement of an EV order again',
  body: z.object({ emails: list(email, 20).optional() }),
  answers: { 204: null },
  async handle(world, call) {
    const { desk } = world.context;
    const asked = await orderValidations(world, call);
    const known = new Set((asked.details?.contacts ?? []).map((contact) => contact.email?.toLowerCase()));
    const contact = asked.request.contact?.email;
    if (contact !== undefined) known.add(contact.toLowerCase());
    const wanted = call.body.emails ?? (contact === undefined ? [] : [contact]);
    wanted.forEach((address, index) => {
      // Whoever may call this API must not be able to accept in the organization's name.
      if (!known.has(address.toLowerCase()))
        throw invalidParameter(`emails[${index}]`, 'It is no contact of the order');
    });
    for (const address of wanted) await desk.sendAgreement(call.actor, asked.request.id, address, null);
    return { status: 204 };
  },
});
