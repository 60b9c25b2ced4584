import type { DialectContext } from '../dialect.ts';

/** Folder name of the dialect. */
export const DIALECT = 'cpanel';

/** What the functions of this dialect work with. */
export type World = DialectContext;
