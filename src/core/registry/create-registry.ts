import type { Engine } from '../parts.ts';
import type { Registry } from '../registry.ts';
import { createDomains } from './domains.ts';
import { createOrganizations } from './organizations.ts';
import { createPeople } from './people.ts';

/** The registry as one dialect, named like its folder, is given it: what it keeps, that dialect is told of. */
export function createRegistry(engine: Engine, dialect: string): Registry {
  return {
    people: createPeople(engine),
    organizations: createOrganizations(engine, dialect),
    domains: createDomains(engine, dialect),
  };
}
