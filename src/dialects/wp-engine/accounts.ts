import { DeskError, notFound } from '../../core/errors.ts';
import { accountUid, isOwnAccount, userUid } from './account-ids.ts';
import * as answers from './answers.ts';
import { type Call, type Endpoint, read } from './endpoint.ts';
import { PAGED, pageAnswer, pageOf } from './paging.ts';
import { BASE } from './world.ts';

export const ACCOUNTS: readonly Endpoint[] = [
  read({
    path: '/user',
    summary: 'Who signed in',
    answers: { 200: answers.user },
    handle: async ({ store }, { actor }) => {
      const user = actor.userId === null ? null : await store.get('users', actor.userId);
      const { firstName, lastName, email, phone } = user ?? nobody(actor.userName, actor.handle);
      const json = { id: userUid(actor), first_name: firstName, last_name: lastName, email, phone_number: phone };
      return { status: 200, json };
    },
  }),
  read({
    path: '/accounts',
    summary: 'The account to which the credentials belong',
    query: PAGED,
    answers: { 200: answers.pageOf(answers.account) },
    handle: async (_world, call) => {
      const page = pageOf(call.query);
      const results = [accountView(call)].slice(page.offset, page.offset + page.limit);
      return { status: 200, json: pageAnswer(call, `${BASE}/accounts`, page, { count: 1, results }) };
    },
  }),
  read({
    path: '/accounts/:account_id',
    summary: 'One account',
    answers: { 200: answers.account },
    handle: async (_world, call) => {
      const uid = call.params['account_id'] ?? '';
      if (!isOwnAccount(call.actor, uid)) throw notFound(`Account ${uid}`);
      return { status: 200, json: accountView(call) };
    },
  }),
];

function accountView({ actor }: Pick<Call, 'actor'>) {
  return { id: accountUid(actor), name: actor.handle, nickname: actor.handle };
}

/** Credentials that belong to nobody: a name that says so, at an address that leads nowhere (RFC 2606 §2). */
function nobody(userName: string, handle: string) {
  const at = handle.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
  return { firstName: userName, lastName: handle, email: `${userName}@${at}.invalid`, phone: null };
}

/** Whether the list is for the caller's own account, or for whichever they have. */
export function passesAccountFilter({ actor, query }: Pick<Call, 'actor' | 'query'>): boolean {
  const wanted = query['account_id'];
  return wanted === undefined || wanted === '' || (typeof wanted === 'string' && isOwnAccount(actor, wanted));
}

/** For what is to be made in an account that is not the caller's. */
export function forbidAccount(): DeskError {
  return new DeskError('not-allowed', 'This is not an account of yours');
}
