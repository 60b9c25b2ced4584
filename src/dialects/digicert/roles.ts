import type { Permission } from '../../core/permissions.ts';
import type { Role } from '../../core/records.ts';
import { invalidParameter } from './errors.ts';

interface RoleRow {
  id: number;
  name: string;
  role: Role;
}

/** Access roles of users. */
export const ACCESS_ROLES: readonly RoleRow[] = [
  { id: 1, name: 'Administrator', role: 'admin' },
  { id: 2, name: 'Limited User', role: 'limited' },
  { id: 3, name: 'Finance Manager', role: 'finance' },
  { id: 4, name: 'Manager', role: 'manager' },
  { id: 5, name: 'Standard User', role: 'standard' },
];

/** To what a key is restricted, whatever its user may. */
const KEY_ROLES: readonly RoleRow[] = [
  { id: 0, name: 'None', role: 'admin' },
  { id: 100, name: 'Orders', role: 'orders' },
  { id: 101, name: 'Orders, Domains, Organizations', role: 'orders-domains' },
  { id: 102, name: 'View Only', role: 'view' },
  { id: 103, name: 'User Management', role: 'users' },
];

/** @throws VendorError `invalid_value:…` */
export function roleOfAccess(id: number): Role {
  return known(ACCESS_ROLES, id, 'access_roles');
}

/** @throws VendorError `invalid_value:…` */
export function roleOfKey(id: number): Role {
  return known(KEY_ROLES, id, 'restricted_to_role_id');
}

function known(rows: readonly RoleRow[], id: number, parameter: string): Role {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw invalidParameter(parameter, `It must be one of ${rows.map((one) => one.id).join(', ')}`);
  return row.role;
}

/** `access_roles` of a user. A role that the vendor does not know is shown as the nearest one. */
export function accessRoles(role: Role): { id: number; name: string }[] {
  const { id, name } = ACCESS_ROLES.find((one) => one.role === role) ?? (ACCESS_ROLES[1] as RoleRow);
  return [{ id, name }];
}

/** `restricted_to_role_id` of a key. */
export function keyRoleId(role: Role): number {
  return KEY_ROLES.find((one) => one.role === role)?.id ?? 0;
}

/** The vendor's permissions, and what each needs here. */
export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  create_containers: 'users',
  view_container: 'read',
  edit_container: 'users',
  create_users: 'users',
  edit_users: 'users',
  view_users: 'read',
  add_domains: 'domains',
  edit_domains: 'domains',
  view_domains: 'read',
  create_organizations: 'domains',
  edit_organizations: 'domains',
  view_organizations: 'read',
  place_orders: 'order',
  view_orders: 'read',
  edit_orders: 'order',
  approve_requests: 'approve',
  view_requests: 'read',
  manage_api_keys: 'users',
  view_finance: 'read',
  edit_account: 'settings',
  manage_custom_fields: 'settings',
  manage_webhooks: 'settings',
};
