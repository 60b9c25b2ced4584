import type { Hosting, OperatorHosting } from '../hosting.ts';
import type { Engine } from '../parts.ts';
import { demand } from '../permissions.ts';
import { addHostnames, changeHostname, deleteHostname } from './hostnames.ts';
import { install, uninstall } from './install.ts';
import type { HostingParts, WebsiteParts } from './own.ts';
import { proofRecord, verifyHostname, vouchFor } from './proof.ts';
import { isContested, mayAnswerFor } from './trust.ts';
import * as websites from './websites.ts';

/** Of the TXT records of dialects that know none. */
const PROOF_LABEL = '_hosting-verification';

/**
 * Websites as one dialect, named like its folder, is given them. Whoever may order for an account may change them.
 * `proofLabel`: where that dialect's clients publish the TXT record that proves a name, `_label`.
 */
export function createHosting(
  engine: Pick<Engine, 'store' | 'clock' | 'random' | 'names' | 'domains' | 'pki'>,
  dialect: string,
  proofLabel: string = PROOF_LABEL,
): Hosting {
  const { store, clock, random, names, domains, pki } = engine;
  const parts: HostingParts = { store, clock, random, names, domains, pki, dialect, proofLabel };
  return {
    createGroup: async (actor, ask) => websites.createGroup(parts, demand(actor, 'order'), ask),
    changeGroup: async (actor, id, changes) => websites.changeGroup(parts, demand(actor, 'order'), id, changes),
    deleteGroup: async (actor, id) => websites.deleteGroup(parts, demand(actor, 'order'), id),
    createWebsite: async (actor, ask) => websites.createWebsite(parts, demand(actor, 'order'), ask),
    changeWebsite: async (actor, id, changes) => websites.changeWebsite(parts, demand(actor, 'order'), id, changes),
    deleteWebsite: async (actor, id) => websites.deleteWebsite(parts, demand(actor, 'order'), id),
    addHostnames: async (actor, id, asks) => addHostnames(parts, demand(actor, 'order'), id, asks),
    changeHostname: async (actor, id, changes) => changeHostname(parts, demand(actor, 'order'), id, changes),
    deleteHostname: async (actor, id) => deleteHostname(parts, demand(actor, 'order'), id),
    verifyHostname: async (actor, id) => verifyHostname(parts, demand(actor, 'order'), id),
    proofRecord: (hostname) => proofRecord(parts, hostname),
    isTrusted: async (actor, { name }) => mayAnswerFor(engine, actor.accountId, name),
    isContested: async (hostname) => isContested(store, names, hostname),
    install: async (actor, id, what) => install(parts, demand(actor, 'order'), id, what),
    uninstall: async (actor, id) => uninstall(parts, demand(actor, 'order'), id),
  };
}

/** Websites of one dialect in the hands of the operator. */
export function createOperatorHosting(
  engine: Pick<Engine, 'store' | 'clock' | 'random' | 'names'>,
  dialect: string,
): OperatorHosting {
  const { store, clock, random, names } = engine;
  const parts: WebsiteParts = { store, clock, random, names, dialect };
  return {
    createGroup: (actor, ask) => websites.createGroup(parts, actor, ask),
    deleteGroup: (actor, id) => websites.deleteGroup(parts, actor, id),
    createWebsite: (actor, ask) => websites.createWebsite(parts, actor, ask),
    deleteWebsite: (actor, id) => websites.deleteWebsite(parts, actor, id),
    addHostnames: (actor, id, asks) => addHostnames(parts, actor, id, asks),
    deleteHostname: (actor, id) => deleteHostname(parts, actor, id),
    vouchFor: (actor, id) => vouchFor(parts, actor, id),
  };
}
