import type { Website } from '../../core/records.ts';
import { cnameOf } from './records.ts';
import type { World } from './world.ts';

export type Environment = 'production' | 'staging' | 'development';

/** What the dialect keeps of an install beside its name; one that an operator made has none of it. */
export function environmentOf({ extra }: Pick<Website, 'extra'>): Environment | null {
  const { environment } = extra;
  return environment === 'production' || environment === 'staging' || environment === 'development'
    ? environment
    : null;
}

/** An install as its site shows it. */
export function installBrief(world: World, install: Website) {
  return {
    id: install.uid,
    name: install.name,
    environment: environmentOf(install),
    cname: cnameOf(world, install),
    php_version: null,
    is_multisite: false,
  };
}
