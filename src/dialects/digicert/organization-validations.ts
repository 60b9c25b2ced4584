import { z } from 'zod';
import type { Organization } from '../../core/records.ts';
import { VALIDATIONS } from './products.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

type Level = 'OV' | 'EV';

export const organizationValidation = z.strictObject({
  type: z.enum(['ov', 'ev']),
  name: z.string(),
  description: z.string(),
  date_created: z.string(),
  validated_until: z.string().optional(),
  status: z.enum(['active', 'pending', 'expired']),
  verified_users: z.array(z.strictObject({ id: z.int(), first_name: z.string(), last_name: z.string() })).optional(),
});

export type OrganizationValidation = z.infer<typeof organizationValidation>;

/** Until when what was found out about an organization counts (BR 4.2.1); null where nothing was. */
export function vettedUntil(world: World, { state, validatedAt }: Organization): number | null {
  if (state !== 'valid' || validatedAt === null) return null;
  return world.context.rules.organizationProofEnds(validatedAt);
}

/** Whether an organization may stand in a certificate of this level now; EV includes OV. */
export function vettingStatus(
  world: World,
  organization: Organization,
  level: Level,
): OrganizationValidation['status'] {
  const until = vettedUntil(world, organization);
  if (until === null || (level === 'EV' && organization.level !== 'EV')) return 'pending';
  return until > world.context.clock.now() ? 'active' : 'expired';
}

/** Levels at which an organization was vetted or is to be. */
export function levelsOf({ submitted, level }: Organization): Level[] {
  const all = (['OV', 'EV'] as const).filter((one) => submitted.includes(one) || level === one);
  return level === 'EV' && !all.includes('OV') ? ['OV', ...all] : all;
}

/** `validations` of an organization. */
export function renderOrganizationValidations(world: World, organization: Organization): OrganizationValidation[] {
  return levelsOf(organization).map((level) => renderVetting(world, organization, level));
}

export function renderVetting(world: World, organization: Organization, level: Level): OrganizationValidation {
  const until = vettedUntil(world, organization);
  const status = vettingStatus(world, organization, level);
  const users = organization.contacts.filter(({ kind, userId }) => kind === 'ev-approver' && userId !== undefined);
  return {
    type: level === 'OV' ? 'ov' : 'ev',
    ...VALIDATIONS[level],
    date_created: formatTimestamp(organization.createdAt),
    ...(status === 'pending' || until === null ? {} : { validated_until: formatTimestamp(until) }),
    status,
    ...(level === 'EV' && users.length > 0
      ? {
          verified_users: users.map(({ userId = 0, firstName = '', lastName = '' }) => {
            return { id: userId, first_name: firstName, last_name: lastName };
          }),
        }
      : {}),
  };
}
