import { checkFieldValues } from '../../core/custom-field-values.ts';
import type { Actor, DetailsAsk } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { AccountSettings, Contact, OrderDetails } from '../../core/records.ts';
import type { OrderExtra } from './carried.ts';
import { orderDcvExtra, type OrderDcv } from './challenges.ts';
import { VendorError } from './errors.ts';
import type { OrderBody } from './order-body.ts';
import { readPaymentMethod } from './payment.ts';
import type { Term } from './validity.ts';
import type { World } from './world.ts';

/** What an order carries beside its certificate. @throws VendorError `invalid_custom_field_value`, as `readPaymentMethod` */
export async function readDetails(
  world: World,
  actor: Actor,
  settings: AccountSettings,
  body: OrderBody,
  parts: { term: Term; dcv: OrderDcv; contacts: Contact[] },
): Promise<DetailsAsk> {
  const guestsByDefault = settings.guestAccess && settings.guestAccessByDefault;
  return {
    alternativeId: body.alternative_order_id ?? null,
    autoRenew: body.auto_renew ?? false,
    // Without multi-year plans there is nothing to reissue for.
    autoReissue: settings.multiYear && (body.auto_reissue ?? false),
    renewalNotices: !(body.disable_renewal_notifications ?? false),
    guestAccess: body.enable_guest_access ?? guestsByDefault,
    customFields: await readCustomFields(world, actor, body.custom_fields ?? []),
    contacts: parts.contacts,
    emails: body.additional_emails ?? [],
    extra: { ...readExtra(settings, body, parts.term), ...orderDcvExtra(parts.dcv) },
  };
}

function readExtra(settings: AccountSettings, body: OrderBody, term: Term): OrderExtra {
  const optional = {
    locale: body.locale,
    vatNumber: body.vat_number,
    comments: body.comments,
    renewalMessage: body.custom_renewal_message,
    applyDiscount: body.apply_cr_discount,
    replacedSerial: body.serial_number,
    billingAddress: body.billing_address,
  };
  return {
    orderValidity: term.members,
    paymentMethod: readPaymentMethod(body),
    disableCt: settings.withoutTransparency && (body.disable_ct ?? false),
    serverLicenses: body.server_licenses ?? 1,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** Looked at before anything is placed, so that the vendor's code is told; the heart looks again as it stores them. */
async function readCustomFields(
  world: World,
  actor: Actor,
  values: NonNullable<OrderBody['custom_fields']>,
): Promise<OrderDetails['customFields']> {
  const fields = await world.context.store.find('customFields', { accountId: actor.accountId });
  try {
    return checkFieldValues(
      fields,
      values.map(({ metadata_id: fieldId, value }) => ({ fieldId, value })),
    );
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    throw new VendorError(400, 'invalid_custom_field_value', `${error.message}.`);
  }
}
