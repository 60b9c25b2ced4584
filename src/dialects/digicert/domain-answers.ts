import { z } from 'zod';
import { isFresh, isOpen } from '../../core/facts.ts';
import type { Container, Domain, Organization, Validation } from '../../core/records.ts';
import { DCV_METHODS, dcvMethodOf } from './challenges.ts';
import { dcvToken, renderDcvToken, validationEmails } from './dcv-answers.ts';
import { pageAnswer } from './account-answers.ts';
import { levelsOf, renderVetting, type OrganizationValidation } from './organization-validations.ts';
import { VALIDATIONS } from './products.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

const id = z.int().positive();
const validationStatus = z.enum(['active', 'pending', 'expired']);

const domainValidation = z.strictObject({
  type: z.enum(['ov', 'ev']),
  name: z.string(),
  description: z.string(),
  date_created: z.string(),
  validated_until: z.string().optional(),
  status: validationStatus,
  dcv_status: z.enum(['complete', 'pending', 'expired']).optional(),
});

export const domain = z.strictObject({
  id,
  is_active: z.boolean(),
  status: z.enum(['active', 'pending', 'expired', 'inactive']).optional(),
  is_pending_validation: z.boolean().optional(),
  name: z.string(),
  date_created: z.string(),
  dcv_approval_datetime: z.string().optional(),
  dcv_expiration_datetime: z.string().optional(),
  organization: z
    .strictObject({
      id,
      status: z.enum(['active', 'inactive']),
      name: z.string(),
      display_name: z.string(),
      // A text in domains, as nowhere else.
      is_active: z.enum(['0', '1']),
    })
    .optional(),
  validations: z.array(domainValidation).optional(),
  dcv_method: z.enum(DCV_METHODS).optional(),
  dcv_token: dcvToken.optional(),
  dcv_expiration: z.strictObject({ ov: z.string().optional(), ev: z.string().optional() }).optional(),
  container: z.strictObject({ id, parent_id: z.int(), name: z.string(), is_active: z.boolean() }).optional(),
});

export const domainList = z.strictObject({ domains: z.array(domain), page: pageAnswer });

export const domainMade = z.strictObject({
  id,
  dcv_token: dcvToken.optional(),
  validation_emails: validationEmails.optional(),
});

/** A kept domain with what its answers are made of. */
export interface DomainRecords {
  domain: Domain;
  organization: Organization | null;
  container: Container | null;
  /** The newest proof, whether it still counts or not. */
  proof: Validation | null;
  /** What is asked for now. */
  open: Validation | null;
}

/** Some domains of one account, by one query per table. */
export async function readDomains(world: World, domains: readonly Domain[]): Promise<DomainRecords[]> {
  if (domains.length === 0) return [];
  const { store } = world.context;
  const validations = Map.groupBy(
    await store.find('validations', { domainId: domains.map(({ id: one }) => one) }),
    ({ domainId }) => domainId,
  );
  const organizationIds = domains.flatMap(({ organizationId }) => (organizationId === null ? [] : [organizationId]));
  const organizations = await store.find('organizations', { id: organizationIds });
  const containerIds = domains.flatMap(({ containerId }) => (containerId === null ? [] : [containerId]));
  const containers = await store.find('containers', { id: containerIds });
  return domains.map((one) => {
    const own = validations.get(one.id) ?? [];
    return {
      domain: one,
      organization: organizations.find(({ id: other }) => other === one.organizationId) ?? null,
      container: containers.find(({ id: other }) => other === one.containerId) ?? null,
      proof: own.findLast(({ state }) => state === 'valid') ?? null,
      open: own.findLast(isOpen) ?? null,
    };
  });
}

export interface DomainView {
  validation: boolean;
  dcv: boolean;
  /** What only the domain's own page shows. */
  whole: boolean;
}

export function renderDomain(world: World, records: DomainRecords, view: DomainView): z.infer<typeof domain> {
  const { domain: one, organization, container } = records;
  return {
    id: one.id,
    is_active: one.active,
    ...(view.whole ? renderState(world, records) : {}),
    name: one.name,
    date_created: formatTimestamp(one.createdAt),
    ...(organization === null ? {} : { organization: renderOwner(organization) }),
    ...(view.validation ? { validations: renderValidations(world, records, view.whole) } : {}),
    ...(view.dcv ? renderDcv(world, records, view.whole) : {}),
    ...(container === null
      ? {}
      : {
          container: {
            id: container.id,
            parent_id: container.parentId ?? 0,
            name: container.name,
            is_active: container.state === 'active',
          },
        }),
  };
}

function renderOwner({ id: organizationId, name, active, details }: Organization) {
  return {
    id: organizationId,
    status: active ? ('active' as const) : ('inactive' as const),
    name,
    display_name: displayName(name, details.assumedName),
    is_active: active ? ('1' as const) : ('0' as const),
  };
}

export function displayName(name: string, assumedName: string | undefined): string {
  return assumedName === undefined ? name : `${name} (${assumedName})`;
}

/** Until when a proof counts (BR 4.2.1). */
function provedUntil(world: World, { validatedAt }: Validation): number {
  return world.context.rules.domainProofEnds(validatedAt ?? 0);
}

function dcvState(world: World, { proof }: DomainRecords): 'active' | 'pending' | 'expired' {
  if (proof === null) return 'pending';
  return isFresh(proof, world.context.rules.domainProofSince(world.context.clock.now())) ? 'active' : 'expired';
}

function renderState(world: World, records: DomainRecords) {
  const { domain: one, proof } = records;
  const state = dcvState(world, records);
  return {
    status: one.active ? state : ('inactive' as const),
    ...(state === 'active' ? {} : { is_pending_validation: true }),
    ...(proof === null || proof.validatedAt === null
      ? {}
      : {
          dcv_approval_datetime: formatTimestamp(proof.validatedAt),
          dcv_expiration_datetime: formatTimestamp(provedUntil(world, proof)),
        }),
  };
}

/** A domain is good for a level when it is proved and its organization is vetted for it; the earlier end counts. */
function renderValidations(world: World, records: DomainRecords, whole: boolean) {
  const dcv = dcvState(world, records);
  const dcvStatus = dcv === 'active' ? ('complete' as const) : dcv;
  return levels(records).map((level) => {
    const vetting = records.organization === null ? null : renderVetting(world, records.organization, level);
    const status = worse(dcv, vetting?.status ?? 'active');
    const until = [
      ...(records.proof === null ? [] : [formatTimestamp(provedUntil(world, records.proof))]),
      ...(vetting?.validated_until === undefined ? [] : [vetting.validated_until]),
    ].toSorted()[0];
    return {
      type: level === 'OV' ? ('ov' as const) : ('ev' as const),
      ...VALIDATIONS[level],
      date_created: formatTimestamp(records.domain.createdAt),
      ...(status === 'pending' || until === undefined ? {} : { validated_until: until }),
      status,
      ...(whole ? { dcv_status: dcvStatus } : {}),
    };
  });
}

function worse(left: OrganizationValidation['status'], right: OrganizationValidation['status']) {
  const order = ['active', 'expired', 'pending'] as const;
  return order[Math.max(order.indexOf(left), order.indexOf(right))] ?? 'pending';
}

function levels({ organization }: DomainRecords): ('OV' | 'EV')[] {
  const asked = organization === null ? [] : levelsOf(organization);
  return asked.length === 0 ? ['OV'] : asked;
}

function renderDcv(world: World, records: DomainRecords, whole: boolean) {
  const { proof, open } = records;
  const current = open ?? proof;
  const token = current === null ? null : renderDcvToken(current, world.context.clock.now());
  const until = proof === null ? null : formatTimestamp(provedUntil(world, proof));
  return {
    ...(current === null ? {} : { dcv_method: dcvMethodOf(current) }),
    ...(whole && token !== null ? { dcv_token: token } : {}),
    ...(until === null
      ? {}
      : { dcv_expiration: Object.fromEntries(levels(records).map((level) => [level.toLowerCase(), until])) }),
  };
}
