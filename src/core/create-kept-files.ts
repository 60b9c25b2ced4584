import { createHash } from 'node:crypto';
import type { Actor } from './desk.ts';
import { DeskError, notFound } from './errors.ts';
import type { KeptFiles, NewKeptFile } from './kept-files.ts';
import { demand } from './permissions.ts';
import type { KeptFile } from './records.ts';
import { checkedText } from './registry/checked.ts';
import { note } from './registry/note.ts';
import type { Reader, Store } from './store.ts';
import type { Clock } from './time.ts';

const LONGEST_LABEL = 255;

/** CSRs and certificates of accounts over a store (`core/kept-files.ts`). */
export function createKeptFiles({ store, clock }: { store: Store; clock: Clock }): KeptFiles {
  return {
    async keep(actor, ask) {
      demand(actor, 'order');
      try {
        return await keepFile(store, clock, actor, ask);
      } catch (error) {
        // Two calls with one file at the same time: the second finds the first one's.
        if (!(error instanceof DeskError && error.kind === 'already-exists')) throw error;
        return keepFile(store, clock, actor, ask);
      }
    },
    async rename(actor, fileId, label) {
      demand(actor, 'order');
      const checked = checkedText('label', label, LONGEST_LABEL);
      return store.transact(async (unit) => {
        const file = await ownFile(unit, actor, fileId);
        await unit.update('keptFiles', fileId, { label: checked });
        note(unit, actor, 'file.renamed', `file:${fileId}`, { type: file.type, label: checked }, clock.now());
        return { ...file, label: checked };
      });
    },
    async remove(actor, fileId) {
      demand(actor, 'order');
      await store.transact(async (unit) => {
        const { type, fingerprint } = await ownFile(unit, actor, fileId);
        await unit.delete('keptFiles', fileId);
        note(unit, actor, 'file.removed', `file:${fileId}`, { type, fingerprint }, clock.now());
      });
    },
  };
}

function keepFile(store: Store, clock: Clock, actor: Actor, ask: NewKeptFile): Promise<KeptFile & { isNew: boolean }> {
  const { accountId } = actor;
  const { dialect, type } = ask;
  const label = checkedText('label', ask.label, LONGEST_LABEL);
  const fingerprint = createHash('sha256').update(ask.der).digest('hex').toUpperCase();
  return store.transact(async (unit) => {
    const [known] = await unit.find('keptFiles', { accountId, dialect, fingerprint }, { limit: 1 });
    if (known !== undefined) {
      const chainPem = known.chainPem ?? ask.chainPem;
      if (chainPem !== known.chainPem) await unit.update('keptFiles', known.id, { chainPem });
      return { ...known, chainPem, isNew: false };
    }
    const id = unit.newId('keptFiles');
    const file: KeptFile = { ...ask, id, accountId, label, fingerprint, createdAt: clock.now() };
    unit.insert('keptFiles', file);
    note(unit, actor, 'file.kept', `file:${id}`, { type, label, fingerprint }, file.createdAt);
    return { ...file, isNew: true };
  });
}

async function ownFile(reader: Pick<Reader, 'get'>, actor: Actor, fileId: number): Promise<KeptFile> {
  const file = await reader.get('keptFiles', fileId);
  if (file === null || file.accountId !== actor.accountId) throw notFound(`File ${fileId}`);
  return file;
}
