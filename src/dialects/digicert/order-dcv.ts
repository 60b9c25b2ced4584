import { z } from 'zod';
import type { Actor, ValidationChoice } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { isOpen } from '../../core/facts.ts';
import { isWildcard } from '../../core/names.ts';
import {
  chooserOf,
  currentValue,
  type DatedValue,
  DCV_METHODS,
  type OrderDcv,
  orderDcvExtra,
  orderDcvOf,
  usesToken,
  valueExpiry,
} from './challenges.ts';
import { randomValueAnswer } from './dcv-answers.ts';
import { accept, act, type Answer } from './endpoint.ts';
import { invalidParameter, VendorError } from './errors.ts';
import { list, text, word } from './fields.ts';
import { ORDER_STATUSES, orderStatus } from './order-status.ts';
import {
  domainValues,
  isProved,
  methodOf,
  orderValidations,
  type OrderValidations,
  scopeOf,
  unprovedDomains,
  validationsOf,
} from './order-validations.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

const checkDcvBody = z.object({
  dns_names_validations: list(z.union([text(253), z.object({ dns_name: text(253) })]), 300).optional(),
});

export const checkDcvAnswer = z.strictObject({
  order_status: z.enum(ORDER_STATUSES),
  certificate_id: z.int().optional(),
  dcv_status: z.enum(['valid', 'pending']),
  dns_name_validations: z.array(z.strictObject({ dns_name: z.string(), status: z.enum(['approved', 'pending']) })),
});

export const checkDcv = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/check-dcv',
  summary: 'Look for the random value now; an order that lacks nothing else is issued in the same call',
  body: checkDcvBody,
  answers: { 200: checkDcvAnswer },
  async handle(world, call) {
    const before = await orderValidations(world, call);
    const method = methodOf(before);
    const isAsked = before.validations.some(isOpen);
    if (isAsked && method === 'email') throw wrongMethod();
    if (isAsked)
      await world.context.desk.checkNow(call.actor, before.request.id, await renewed(world, call.actor, before));
    const after = await validationsOf(world, before.order);
    const wanted = call.body.dns_names_validations?.map((one) => (typeof one === 'string' ? one : one.dns_name));
    const json = await renderCheck(
      world,
      after,
      wanted?.map((name) => name.toLowerCase()),
    );
    if (json.dcv_status === 'pending' && method.startsWith('http')) {
      const message = 'Could not find the random value at the expected file location for one or more domains.';
      throw new VendorError(400, 'file_random_value_not_found', message);
    }
    return { status: 200, json };
  },
});

async function renderCheck(world: World, asked: OrderValidations, wanted: readonly string[] | undefined) {
  const { request } = asked;
  const order = (await world.context.store.get('orders', asked.order.id)) ?? asked.order;
  const names = request.names.filter((name) => wanted === undefined || wanted.includes(name));
  const statuses = names.map((name) => {
    return { dns_name: name, status: isProved(world, asked, name) ? ('approved' as const) : ('pending' as const) };
  });
  return {
    order_status: orderStatus(order, asked.requests, world.context.clock.now()),
    ...(request.state === 'completed' ? { certificate_id: request.id } : {}),
    dcv_status: statuses.every(({ status }) => status === 'approved') ? ('valid' as const) : ('pending' as const),
    dns_name_validations: statuses,
  };
}

/** A value that has expired is looked for no more: the order gets another, which the caller learns by asking for it. */
async function renewed(world: World, actor: Actor, asked: OrderValidations): Promise<Map<string, ValidationChoice>> {
  const { clock, random } = world.context;
  const dcv = orderDcvOf(asked.details?.extra ?? {});
  const value = currentValue(dcv.value, random, clock.now());
  if (dcv.value === null || value === dcv.value || !usesToken(dcv.method)) return new Map();
  return changeDcv(world, actor, asked, { ...dcv, value });
}

export const changeDcvMethod = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/dcv-method',
  summary: 'Prove the domains of a pending order in another way',
  body: z.object({ dcv_method: word(DCV_METHODS) }),
  answers: { 200: randomValueAnswer, 204: null },
  async handle(world, call) {
    const { clock, random } = world.context;
    const asked = await pending(world, await orderValidations(world, call));
    const method = call.body.dcv_method;
    const kept = orderDcvOf(asked.details?.extra ?? {});
    const value = usesToken(method) ? currentValue(kept.value, random, clock.now()) : kept.value;
    await applyDcv(world, call.actor, asked, { ...kept, method, value });
    return usesToken(method) && value !== null ? { status: 200, json: renderValue(value) } : { status: 204 };
  },
});

export const orderRandomValue = act({
  method: 'PUT',
  path: '/order/certificate/:orderId/dcv-random-value',
  summary: "The order's random value; a new one where it has expired",
  answers: { 200: randomValueAnswer },
  async handle(world, call): Promise<Answer> {
    const { clock, random } = world.context;
    const asked = await pending(world, await orderValidations(world, call));
    const method = methodOf(asked);
    if (!usesToken(method)) throw wrongMethod();
    const kept = orderDcvOf(asked.details?.extra ?? {});
    const value = currentValue(kept.value, random, clock.now());
    if (value !== kept.value) await applyDcv(world, call.actor, asked, { ...kept, method, value });
    return { status: 200, json: renderValue(value) };
  },
});

/** @throws DeskError `wrong-state` where nothing is left to be proved, or not before somebody approves */
async function pending(world: World, asked: OrderValidations): Promise<OrderValidations> {
  if (asked.request.state === 'waiting' && unprovedDomains(world, asked).length > 0) return asked;
  const { clock } = world.context;
  const status = orderStatus(asked.order, asked.requests, clock.now());
  throw new DeskError('wrong-state', `The order is ${status} and waits for no domain validation.`);
}

/** Asks for every open domain in the new way, looks at once, and keeps it with the order. */
async function applyDcv(world: World, actor: Actor, asked: OrderValidations, dcv: OrderDcv): Promise<void> {
  await world.context.desk.checkNow(actor, asked.request.id, await changeDcv(world, actor, asked, dcv));
}

async function changeDcv(
  world: World,
  actor: Actor,
  asked: OrderValidations,
  dcv: OrderDcv,
): Promise<Map<string, ValidationChoice>> {
  const { desk, names } = world.context;
  const domains = unprovedDomains(world, asked);
  if (
    dcv.method.startsWith('http') &&
    asked.request.names.some((name) => isWildcard(name) && !isProved(world, asked, name))
  ) {
    throw invalidParameter('dcv_method', 'A wildcard name cannot be proved by a file');
  }
  const scope = await scopeOf(world, actor, asked.details);
  const choose = chooserOf({ ...dcv, scope, names, domainValues: await domainValues(world, actor, domains) });
  const choices = new Map(domains.map((domain) => [domain, choose(domain)]));
  if (asked.details !== null) {
    await desk.changeOrder(actor, asked.order.id, ({ extra }) => ({ extra: { ...extra, ...orderDcvExtra(dcv) } }));
  }
  return choices;
}

function renderValue({ value, madeAt }: DatedValue): z.infer<typeof randomValueAnswer> {
  return { dcv_random_value: value, expiration_date: formatTimestamp(valueExpiry(madeAt)) };
}

function wrongMethod(): VendorError {
  return new VendorError(400, 'invalid_dns_method', 'An error occurred while processing your request.');
}
