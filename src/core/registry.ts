import type { Actor, ValidationChoice } from './desk.ts';
import type {
  AccountSettings,
  Container,
  CustomField,
  Domain,
  Organization,
  Role,
  User,
  Validation,
} from './records.ts';

/** What an account keeps beside its orders: people, divisions, fields, organizations, domains. Within the actor's account, as `Desk`. */
export interface Registry {
  people: People;
  organizations: Organizations;
  domains: Domains;
}

export type NewUser = Pick<
  User,
  'kind' | 'userName' | 'firstName' | 'lastName' | 'email' | 'jobTitle' | 'phone' | 'role' | 'containerId'
>;

/** Demands the permission `users`, or `settings`, to change something. */
export interface People {
  settings(actor: Actor): Promise<AccountSettings>;
  changeSettings(actor: Actor, changes: Partial<AccountSettings>): Promise<AccountSettings>;
  createUser(actor: Actor, user: NewUser): Promise<User>;
  changeUser(actor: Actor, userId: number, changes: Partial<NewUser>): Promise<User>;
  /** Their keys end with them. */
  deleteUser(actor: Actor, userId: number): Promise<void>;
  /** Answers with the secret, which is shown this once. */
  createKey(
    actor: Actor,
    ask: { dialect: string; userId: number; label: string; role: Role; secret: string },
  ): Promise<{ id: number; secret: string }>;
  /** Renames a key, or narrows or widens what it may do, never beyond what the actor may. */
  changeKey(actor: Actor, credentialId: number, changes: { label?: string; role?: Role }): Promise<void>;
  revokeKey(actor: Actor, credentialId: number): Promise<void>;
  /** The account's root division, made on first need. */
  rootContainer(actor: Actor): Promise<Container>;
  createContainer(
    actor: Actor,
    ask: { parentId: number; name: string; description: string | null },
  ): Promise<Container>;
  changeContainer(
    actor: Actor,
    containerId: number,
    changes: Partial<Pick<Container, 'name' | 'description' | 'state'>>,
  ): Promise<Container>;
  createField(actor: Actor, field: Pick<CustomField, 'label' | 'required' | 'dataType'>): Promise<CustomField>;
  changeField(
    actor: Actor,
    fieldId: number,
    changes: Partial<Pick<CustomField, 'label' | 'required' | 'state' | 'dataType'>>,
  ): Promise<CustomField>;
}

export type NewOrganization = Pick<Organization, 'name' | 'subject' | 'details' | 'contacts' | 'containerId'>;

/** Demands the permission `domains` to change something. */
export interface Organizations {
  /** @throws `already-exists` for the same name and address, unless `evenIfKnown`; `value` is the known one's id. */
  create(actor: Actor, organization: NewOrganization, evenIfKnown: boolean): Promise<Organization>;
  /** A change of what was vetted ends the vetting. */
  change(actor: Actor, organizationId: number, changes: Partial<NewOrganization>): Promise<Organization>;
  setActive(actor: Actor, organizationId: number, active: boolean): Promise<void>;
  /** @throws `wrong-state` where an order or a domain names it: it can be set inactive then */
  delete(actor: Actor, organizationId: number): Promise<void>;
  /** Asks the operator to vet for these levels. */
  submit(actor: Actor, organizationId: number, levels: readonly ('OV' | 'EV')[]): Promise<void>;
}

export interface NewDomain {
  name: string;
  organizationId: number | null;
  containerId: number | null;
  choice: ValidationChoice;
  extra: Record<string, unknown>;
}

/** A kept domain with the validation that is open or was last. Demands the permission `domains` to change something. */
export interface KeptDomain {
  domain: Domain;
  validation: Validation | null;
}

export interface Domains {
  /** @throws `already-exists`, `invalid-value` */
  create(actor: Actor, domain: NewDomain): Promise<KeptDomain>;
  /** Asks for the domain in another way, or with another value; what was open is called off. */
  choose(actor: Actor, domainId: number, choice: ValidationChoice): Promise<KeptDomain>;
  /** Checks the open validation now. The proof is good for every order of the account that it covers. */
  check(actor: Actor, domainId: number): Promise<KeptDomain>;
  /** Mails the open confirmation again. @throws `wrong-state` where none is open */
  remind(actor: Actor, domainId: number): Promise<void>;
  setActive(actor: Actor, domainId: number, active: boolean): Promise<void>;
  /** @throws `not-found` */
  delete(actor: Actor, domainId: number): Promise<void>;
  /** The newest validation of a domain that counts, else the open one. */
  validationOf(domainId: number): Promise<Validation | null>;
}
