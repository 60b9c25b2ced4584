import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFieldValues } from '../../src/core/custom-field-values.ts';
import type { Actor } from '../../src/core/desk.ts';
import type { DeskError } from '../../src/core/errors.ts';
import type { Account, CustomField, Role } from '../../src/core/records.ts';
import type { NewUser, People } from '../../src/core/registry.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';
import type { Store } from '../../src/core/store.ts';
import { createAuthenticator } from '../../src/http/authenticate.ts';
import { addAccount, createCoreWorld, isKind, START, type CoreWorld } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

interface PeopleWorld extends CoreWorld {
  store: Store;
  people: People;
}

async function createWorld(store: Store): Promise<PeopleWorld> {
  const world = await createCoreWorld(store);
  return { ...world, store, people: world.office.registry('test').people };
}

const newUser = (userName: string, role: Role = 'standard'): NewUser => ({
  kind: 'person',
  userName,
  firstName: 'Ada',
  lastName: 'Byron',
  email: `${userName}@example.com`,
  jobTitle: ' ',
  phone: null,
  role,
  containerId: null,
});

const as = (actor: Actor, role: Role, userRole: Role | null = null, userId: number | null = null): Actor => ({
  ...actor,
  role,
  userRole,
  userId,
});

forEachStore((open) => {
  test('users are made, changed and deleted with their keys', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    const user = await people.createUser(actor, newUser('ada'));
    assert.equal(user.jobTitle, null);
    assert.deepEqual(await store.get('users', user.id), user);
    const changed = await people.changeUser(actor, user.id, { role: 'manager', phone: '+1' });
    assert.deepEqual(await store.get('users', user.id), changed);
    assert.deepEqual(changed, { ...user, role: 'manager', phone: '+1' });

    const key = await people.createKey(actor, {
      dialect: 'test',
      userId: user.id,
      label: 'CI',
      role: 'orders',
      secret: 's1',
    });
    assert.equal(key.secret, 's1');
    assert.ok(!JSON.stringify(await store.find('auditEvents', {})).includes('s1"'));
    const authenticate = createAuthenticator({ store, clock: world.clock, dialect: 'test', cacheFor: 0 });
    const caller = await authenticate('s1');
    assert.deepEqual(
      [caller?.userId, caller?.role, caller?.userRole, caller?.userName],
      [user.id, 'orders', 'manager', 'ada'],
    );
    await people.changeKey(actor, key.id, { label: 'CI 2', role: 'view' });
    assert.equal((await authenticate('s1'))?.role, 'view');
    await people.deleteUser(actor, user.id);
    assert.equal(await store.get('users', user.id), null);
    assert.equal(await authenticate('s1'), null);
    assert.equal((await store.get('credentials', key.id))?.revokedAt, world.clock.now());
    const actions = (await store.find('auditEvents', {})).map((event) => event.action);
    assert.deepEqual(actions, ['user.created', 'user.changed', 'key.created', 'key.changed', 'user.deleted']);
  });

  test('a user name is taken once, also by three at once', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    const results = await Promise.allSettled([1, 2, 3].map(() => people.createUser(actor, newUser('ada'))));
    assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
    for (const one of results) if (one.status === 'rejected') assert.ok(isKind('already-exists')(one.reason));
    const bob = await people.createUser(actor, newUser('bob'));
    await assert.rejects(() => people.changeUser(actor, bob.id, { userName: 'ada' }), isKind('already-exists'));
    const other = await addAccount(store, 'other', 0, START);
    await people.createUser(other, newUser('ada'));
  });

  test('what is no user leaves nothing behind', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    for (const [changes, field] of [
      [{ userName: 'a b' }, 'userName'],
      [{ userName: '' }, 'userName'],
      [{ firstName: ' ' }, 'firstName'],
      [{ lastName: 'a\u0007' }, 'lastName'],
      [{ email: 'nobody' }, 'email'],
      [{ email: 'a@b' }, 'email'],
      [{ email: 'a@b.c, d@e.fg' }, 'email'],
      [{ phone: '1'.repeat(256) }, 'phone'],
    ] as const) {
      await assert.rejects(
        () => people.createUser(actor, { ...newUser('ada'), ...changes }),
        (error: unknown) => isKind('invalid-value')(error) && (error as DeskError).field === field,
      );
    }
    await assert.rejects(() => people.createUser(actor, { ...newUser('ada'), containerId: 9 }), isKind('not-found'));
    assert.deepEqual(await store.find('users', {}), []);
    assert.deepEqual(await store.find('auditEvents', {}), []);
    const program = { ...newUser('robot'), kind: 'program' as const, firstName: '', lastName: '', email: '' };
    assert.equal((await people.createUser(actor, program)).email, '');
  });

  test('nobody gives more than they have: no manager makes an admin, no key a mightier key', async () => {
    const world = await createWorld(await open());
    const { people, actor } = world;
    const admin = await people.createUser(actor, newUser('root', 'admin'));
    const boss = await people.createUser(actor, newUser('boss', 'manager'));
    const clerk = await people.createUser(actor, newUser('clerk'));
    const manager = as(actor, 'admin', 'manager', boss.id);
    await assert.rejects(() => people.createUser(manager, newUser('x', 'admin')), isKind('not-allowed'));
    await assert.rejects(() => people.changeUser(manager, boss.id, { role: 'admin' }), isKind('not-allowed'));
    await assert.rejects(() => people.changeUser(manager, admin.id, { phone: '1' }), isKind('not-allowed'));
    await assert.rejects(() => people.deleteUser(manager, admin.id), isKind('not-allowed'));
    await assert.rejects(() => people.deleteUser(manager, boss.id), isKind('not-allowed'));
    await people.createUser(manager, newUser('y', 'manager'));

    const key = (userId: number, role: Role) => ({
      dialect: 'test',
      userId,
      label: 'k',
      role,
      secret: `${userId} ${role}`,
    });
    await assert.rejects(() => people.createKey(manager, key(boss.id, 'admin')), isKind('not-allowed'));
    await assert.rejects(() => people.createKey(manager, key(admin.id, 'view')), isKind('not-allowed'));
    await people.createKey(manager, key(clerk.id, 'manager'));
    const userKeeper = as(actor, 'users');
    await people.createUser(userKeeper, newUser('z'));
    await assert.rejects(() => people.createUser(userKeeper, newUser('w', 'admin')), isKind('not-allowed'));
    await assert.rejects(() => people.createKey(userKeeper, key(clerk.id, 'orders')), isKind('not-allowed'));
    const mine = await people.createKey(userKeeper, key(clerk.id, 'view'));
    await assert.rejects(() => people.changeKey(userKeeper, mine.id, { role: 'admin' }), isKind('not-allowed'));
    for (const role of ['view', 'orders', 'standard', 'orders-domains'] as const) {
      await assert.rejects(() => people.createUser(as(actor, role), newUser('v')), isKind('not-allowed'));
      await assert.rejects(() => people.createUser(as(actor, 'admin', role), newUser('v')), isKind('not-allowed'));
    }
  });

  test('keys of the operator and of others cannot be touched, and end once', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    const user = await people.createUser(actor, newUser('ada'));
    const ask = { dialect: 'test', userId: user.id, label: 'k', role: 'view' as const, secret: 's' };
    await assert.rejects(() => people.createKey(actor, { ...ask, dialect: 'admin' }), isKind('invalid-value'));
    await assert.rejects(() => people.createKey(actor, { ...ask, userId: 1 }), isKind('not-found'));
    const operatorKey = await store.transact(async (unit) => {
      const id = unit.newId('credentials');
      const key = {
        id,
        accountId: actor.accountId,
        dialect: 'admin',
        userName: 'eve',
        userId: null,
        role: 'admin' as const,
      };
      unit.insert('credentials', {
        ...key,
        label: null,
        secretHash: Buffer.from('x'),
        createdAt: START,
        expiresAt: null,
        revokedAt: null,
      });
      return id;
    });
    await assert.rejects(() => people.revokeKey(actor, operatorKey), isKind('not-found'));
    await assert.rejects(() => people.changeKey(actor, operatorKey, { role: 'view' }), isKind('not-found'));
    const key = await people.createKey(actor, ask);
    await assert.rejects(() => people.createKey(actor, ask), isKind('already-exists'));
    const other = await addAccount(store, 'other', 0, START);
    await assert.rejects(() => people.revokeKey(other, key.id), isKind('not-found'));
    await assert.rejects(() => people.changeUser(other, user.id, { phone: '1' }), isKind('not-found'));
    await assert.rejects(() => people.deleteUser(other, user.id), isKind('not-found'));
    await people.revokeKey(actor, key.id);
    await assert.rejects(() => people.revokeKey(actor, key.id), isKind('wrong-state'));
  });

  test('an account has one root, also where ten ask for it first, and a tree below it', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    const roots = await Promise.all(Array.from({ length: 10 }, () => people.rootContainer(actor)));
    assert.equal(new Set(roots.map(({ id }) => id)).size, 1);
    const [root] = roots;
    assert.deepEqual([root?.name, root?.parentId], ['acme', null]);
    const child = await people.createContainer(actor, {
      parentId: root?.id as number,
      name: 'Sales',
      description: null,
    });
    assert.deepEqual(await people.changeContainer(actor, child.id, { state: 'inactive', description: 'Old' }), {
      ...child,
      state: 'inactive',
      description: 'Old',
    });
    const below = { parentId: child.id, name: 'North', description: null };
    await assert.rejects(() => people.createContainer(actor, below), isKind('wrong-state'));
    await assert.rejects(
      () => people.changeContainer(actor, root?.id as number, { state: 'inactive' }),
      isKind('wrong-state'),
    );
    const other = await addAccount(store, 'other', 0, START);
    assert.notEqual((await people.rootContainer(other)).id, root?.id);
    await assert.rejects(() => people.createContainer(other, below), isKind('not-found'));
    await assert.rejects(() => people.changeContainer(other, child.id, { name: 'Mine' }), isKind('not-found'));
    assert.equal((await store.find('containers', {})).length, 3);
  });

  test('settings change one by one, for who may, and two at once keep both', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    assert.deepEqual(await people.settings(as(actor, 'view')), DEFAULT_SETTINGS);
    await Promise.all([
      people.changeSettings(actor, { approval: 'required' }),
      people.changeSettings(actor, { twoPeople: true }),
      people.changeSettings(actor, { domainScope: 'name' }),
    ]);
    const wanted = { ...DEFAULT_SETTINGS, approval: 'required', twoPeople: true, domainScope: 'name' };
    assert.deepEqual(await people.settings(actor), wanted);
    for (const bad of [{ approval: 'maybe' }, { twoPeople: 'yes' }, { unknown: true }]) {
      await assert.rejects(() => people.changeSettings(actor, bad as never), isKind('invalid-value'));
    }
    await assert.rejects(
      () => people.changeSettings(as(actor, 'manager'), { twoPeople: false }),
      isKind('not-allowed'),
    );
    assert.deepEqual(((await store.get('accounts', actor.accountId)) as Account).settings, wanted);
    assert.equal((await store.find('auditEvents', { action: 'settings.changed' })).length, 3);
  });

  test('fields are made, changed and deleted for good', async () => {
    const world = await createWorld(await open());
    const { people, actor, store } = world;
    const field = await people.createField(actor, { label: 'Invoice #', required: true, dataType: 'int' });
    const off = await people.changeField(actor, field.id, { state: 'inactive', label: 'Invoice' });
    assert.deepEqual(await store.get('customFields', field.id), { ...field, state: 'inactive', label: 'Invoice' });
    assert.deepEqual(off, { ...field, state: 'inactive', label: 'Invoice' });
    await people.changeField(actor, field.id, { state: 'deleted' });
    await assert.rejects(() => people.changeField(actor, field.id, { state: 'active' }), isKind('not-found'));
    const other = await addAccount(store, 'other', 0, START);
    const theirs = await people.createField(other, { label: 'Theirs', required: false, dataType: 'any' });
    await assert.rejects(() => people.changeField(actor, theirs.id, { required: true }), isKind('not-found'));
    const ask = { label: 'X', required: false, dataType: 'any' as const };
    await assert.rejects(() => people.createField(as(actor, 'manager'), ask), isKind('not-allowed'));
  });
});

const field = (id: number, changes: Partial<CustomField>): CustomField => ({
  id,
  accountId: 1,
  label: `Field ${id}`,
  required: false,
  state: 'active',
  dataType: 'any',
  createdAt: 0,
  ...changes,
});

test('values fit their fields, and what is required is there', () => {
  const cases: [CustomField['dataType'], string, boolean][] = [
    ['any', 'whatever 1 @', true],
    ['text', 'Größe 7', true],
    ['text', 'a\u0000b', false],
    ['int', '-12', true],
    ['int', '1.5', false],
    ['int', 'twelve', false],
    ['email', 'ada@example.com', true],
    ['email', 'ada@example.com,bob@example.com', false],
    ['email', 'ada', false],
    ['email-list', 'ada@example.com, bob@example.com;c@example.org', true],
    ['email-list', 'ada@example.com, bob', false],
    ['email-list', ',', false],
    ['any', 'x'.repeat(4_097), false],
  ];
  for (const [dataType, value, fits] of cases) {
    const check = () => checkFieldValues([field(1, { dataType })], [{ fieldId: 1, value }]);
    if (fits) assert.deepEqual(check(), [{ fieldId: 1, value }]);
    else
      assert.throws(
        check,
        (error: DeskError) => error.kind === 'invalid-value' && error.field === 'Field 1',
        `${dataType} ${value}`,
      );
  }
});

test('required, unknown, deleted and doubled fields are named', () => {
  const fields = [
    field(1, { required: true, label: 'Invoice' }),
    field(2, { required: true, state: 'inactive' }),
    field(3, { state: 'deleted', required: true }),
  ];
  const refusal = (values: { fieldId: number; value: string }[]) => {
    try {
      checkFieldValues(fields, values);
      return null;
    } catch (error) {
      const { kind, field: name, value } = error as DeskError;
      return [kind, name, value];
    }
  };
  const given = { fieldId: 1, value: 'A-1' };
  assert.equal(refusal([given]), null);
  assert.deepEqual(refusal([]), ['invalid-value', 'Invoice', '1']);
  assert.deepEqual(refusal([{ fieldId: 1, value: ' ' }]), ['invalid-value', 'Invoice', '1']);
  assert.deepEqual(refusal([given, given]), ['invalid-value', 'Invoice', '1']);
  assert.deepEqual(refusal([given, { fieldId: 3, value: 'x' }]), ['invalid-value', 'customFields', '3']);
  assert.deepEqual(refusal([given, { fieldId: 9, value: 'x' }]), ['invalid-value', 'customFields', '9']);
  assert.deepEqual(checkFieldValues(fields, [given, { fieldId: 2, value: '' }]), [given]);
});
