import { type Answer, type Call, CallFailure, type UapiModule } from '../call.ts';
import { seconds } from '../ssl/records.ts';
import { addressOf, serverName, virtualHosts } from '../websites.ts';

export const variables: UapiModule = { get_user_information: getUserInformation };

/** What is known of the account; `name` says which of it, and may repeat. */
async function getUserInformation(call: Call): Promise<Answer> {
  const { actor, world, parameters } = call;
  const [hosts, account, people] = await Promise.all([
    virtualHosts(call),
    world.store.get('accounts', actor.accountId),
    world.store.find('users', { accountId: actor.accountId, state: 'active' }, { limit: 2 }),
  ]);
  const [main, ...others] = hosts;
  const information: Record<string, unknown> = {
    contact_email: people[0]?.email ?? '',
    contact_email_2: people[1]?.email ?? '',
    created: seconds(account?.createdAt ?? 0),
    dead_domains: [],
    domain: main === undefined ? '' : serverName(main),
    domains: others.map(serverName),
    demo_mode: 0,
    feature_list: 'default',
    home: `/home/${actor.handle}`,
    ip: main === undefined ? '127.0.0.1' : addressOf(main),
    lang: 'english',
    locale: 'en',
    owner: 'root',
    plan: 'default',
    user: actor.handle,
  };
  const wanted = parameters.all('name').filter((name) => name !== '');
  const unknown = wanted.find((name) => !Object.hasOwn(information, name));
  if (unknown !== undefined) throw new CallFailure(`There is no user information with the name “${unknown}”.`);
  if (wanted.length === 0) return { data: information };
  return { data: Object.fromEntries(wanted.map((name) => [name, information[name]])) };
}
