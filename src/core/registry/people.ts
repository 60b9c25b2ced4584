import type { Engine } from '../parts.ts';
import { demand } from '../permissions.ts';
import type { People } from '../registry.ts';
import { changeContainer, createContainer, rootContainer } from './containers.ts';
import { changeField, createField } from './custom-fields.ts';
import { changeKey, createKey, revokeKey } from './keys.ts';
import { changeSettings, settingsOf } from './settings.ts';
import { changeUser, createUser, deleteUser } from './users.ts';

/** People, keys, divisions and fields of an account, behind the permissions that each needs. */
export function createPeople(engine: Engine): People {
  return {
    settings: async (actor) => settingsOf(engine, demand(actor, 'read')),
    changeSettings: async (actor, changes) => changeSettings(engine, demand(actor, 'settings'), changes),
    createUser: async (actor, user) => createUser(engine, demand(actor, 'users'), user),
    changeUser: async (actor, id, changes) => changeUser(engine, demand(actor, 'users'), id, changes),
    deleteUser: async (actor, id) => deleteUser(engine, demand(actor, 'users'), id),
    createKey: async (actor, ask) => createKey(engine, demand(actor, 'users'), ask),
    changeKey: async (actor, id, changes) => changeKey(engine, demand(actor, 'users'), id, changes),
    revokeKey: async (actor, id) => revokeKey(engine, demand(actor, 'users'), id),
    rootContainer: async (actor) => rootContainer(engine, demand(actor, 'read')),
    createContainer: async (actor, ask) => createContainer(engine, demand(actor, 'users'), ask),
    changeContainer: async (actor, id, changes) => changeContainer(engine, demand(actor, 'users'), id, changes),
    createField: async (actor, field) => createField(engine, demand(actor, 'settings'), field),
    changeField: async (actor, id, changes) => changeField(engine, demand(actor, 'settings'), id, changes),
  };
}
