import { z } from 'zod';
import { checkFieldValues } from '../../core/custom-field-values.ts';
import type { DetailsChange } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import * as answers from './order-answers.ts';
import { accept, act, idOf, type Answer, type Call } from './endpoint.ts';
import { invalidParameter, unknownObject, VendorError } from './errors.ts';
import { email, flag, id, lenientText, lines, list, text } from './fields.ts';
import { ownOrder, primaryOf, readOrder } from './order-records.ts';
import { renderPerson } from './people-view.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

const DONE = { 204: null } as const;

/** Changes what the order in the path carries. */
async function change(world: World, call: Call<unknown>, changes: DetailsChange): Promise<Answer> {
  await world.context.desk.changeOrder(call.actor, idOf(call, 'orderId', 'order'), changes);
  return { status: 204 };
}

export const updateOrderStatus = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/status',
  summary: 'Cancel an order that is not issued yet, or its open reissue',
  body: z.object({ status: text(40), note: lines(4_000).optional() }),
  answers: DONE,
  async handle(world, call) {
    const orderId = idOf(call, 'orderId', 'order');
    const order = await ownOrder(world, call.actor, orderId);
    switch (call.body.status.toLowerCase()) {
      case 'canceled':
      case 'cancelled':
        await world.context.desk.cancelOrder(call.actor, order.id, call.body.note ?? null);
        return { status: 204 };
      case 'renewed':
      case 'not_renewed':
        throw invalidParameter('status', 'Only orders that were migrated from elsewhere can be marked as renewed');
      default:
        throw invalidParameter('status');
    }
  },
});

export const addOrderNote = accept({
  method: 'POST',
  path: '/order/certificate/:orderId/note',
  summary: 'Add a note to an order',
  body: z.object({ text: lines(4_000) }),
  answers: { 201: answers.note },
  async handle(world, call) {
    const order = await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
    const { request } = primaryOf(await readOrder(world, order));
    const { desk, store } = world.context;
    const note = await desk.addNote(call.actor, request.id, call.body.text);
    const user = call.actor.userId === null ? null : await store.get('users', call.actor.userId);
    const json = {
      id: note.id,
      date_created: formatTimestamp(note.createdAt),
      text: note.message,
      ...(user === null ? {} : { user: renderPerson(user) }),
    };
    return { status: 201, json };
  },
});

export const setAdditionalEmails = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/additional-emails',
  summary: 'Say which further addresses are told of an order, in place of those before',
  body: z.object({ additional_emails: list(email, 100).default([]) }),
  answers: DONE,
  handle: (world, call) => change(world, call, { emails: [...new Set(call.body.additional_emails)] }),
});

export const setAutoReissue = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/auto-reissue',
  summary: 'Let the order replace its certificate by itself, or not',
  body: z.object({ auto_reissue: flag }),
  answers: DONE,
  handle: (world, call) => change(world, call, { autoReissue: call.body.auto_reissue }),
});

export const setAutoRenew = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/auto-renew',
  summary: 'Let the order renew itself, or not',
  body: z.object({ auto_renew: flag }),
  answers: DONE,
  handle: (world, call) => change(world, call, { autoRenew: call.body.auto_renew }),
});

const SWITCHES: Readonly<Record<string, boolean>> = {
  enable: true,
  enabled: true,
  '1': true,
  disable: false,
  disabled: false,
  '0': false,
};

export const setRenewalNotices = act({
  method: 'PUT',
  path: '/order/certificate/:orderId/renewal-emails/:status',
  summary: 'Send notices before the order ends, or not: `enable` or `disable`',
  answers: DONE,
  async handle(world, call) {
    const on = SWITCHES[(call.params['status'] ?? '').toLowerCase()];
    if (on === undefined) throw invalidParameter('status', 'It must be enable or disable');
    return change(world, call, { renewalNotices: on });
  },
});

export const setCustomField = accept({
  method: 'POST',
  path: '/order/certificate/:orderId/custom-field',
  summary: "Set an order's value of a custom field; without a value it is taken away",
  body: z.object({ metadata_id: id, value: lenientText(4_096).default('') }),
  answers: DONE,
  async handle(world, call) {
    const { metadata_id: fieldId, value } = call.body;
    const { accountId } = call.actor;
    await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
    const [field] = await world.context.store.find('customFields', { accountId, id: fieldId });
    if (field === undefined || field.state === 'deleted') throw unknownObject('metadata');
    try {
      checkFieldValues([field], [{ fieldId, value }]);
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      throw new VendorError(400, 'invalid_custom_field_value', `${error.message}.`);
    }
    return change(world, call, ({ customFields }) => ({
      customFields: [...customFields.filter((one) => one.fieldId !== fieldId), { fieldId, value }],
    }));
  },
});

export const addCsr = accept({
  method: 'POST',
  path: '/order/certificate/:orderId/csr',
  summary: 'Hand in the CSR of an order without one; every order here comes with its own',
  body: z.object({ csr: lines(64_000) }),
  answers: DONE,
  async handle(world, call) {
    await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
    throw new VendorError(400, 'invalid_status', 'The order does not wait for a CSR.');
  },
});
