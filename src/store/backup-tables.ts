import { HIDDEN_COLUMNS } from './constraints.ts';
import type { ColumnType } from './schema-types.ts';
import { KINDS, TABLES } from './tables.ts';

/** A table as a backup keeps it. */
export interface BackupTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** The unique column by which it is read in pages. */
  readonly key: string;
}

/** Every table that cannot be made again from others. */
export function backupTables(): BackupTable[] {
  const records = KINDS.map((kind): BackupTable => {
    const hidden = Object.entries(HIDDEN_COLUMNS[kind] ?? {});
    const columns = [
      ...TABLES[kind].fields.map((field) => ({ name: field.column, type: field.type })),
      ...hidden.map(([name, type]) => ({ name, type: type.replace('?', '') as ColumnType })),
    ];
    return { name: TABLES[kind].name, columns, key: 'id' };
  });
  const ids: BackupTable = {
    name: 'id_blocks',
    columns: [
      { name: 'kind', type: 'text' },
      { name: 'next', type: 'int' },
    ],
    key: 'kind',
  };
  const head: BackupTable = {
    name: 'chain_head',
    columns: [
      { name: 'id', type: 'int' },
      { name: 'events', type: 'int' },
      { name: 'hash', type: 'blob' },
    ],
    key: 'id',
  };
  return [...records, ids, head];
}
