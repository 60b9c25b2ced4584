import { z } from 'zod';
import type { Validation } from '../../core/records.ts';
import { dcvMethodOf, placeOf, valueExpiry, valueOf } from './challenges.ts';
import { formatTimestamp } from './times.ts';

/** What is answered about proofs of control, of orders as of kept domains. */
export const dcvToken = z.strictObject({
  token: z.string(),
  status: z.enum(['pending', 'active', 'expired']),
  expiration_date: z.string(),
  verification_value: z.string().optional(),
  http_token_url: z.string().optional(),
});

export const validationEmails = z.strictObject({ name_scope: z.string(), base_emails: z.array(z.string()) });

/** What has to be published or answered for one validation. */
export const dcvAsk = z.strictObject({
  dcv_token: dcvToken.optional(),
  validation_emails: validationEmails.optional(),
});

export const randomValueAnswer = z.strictObject({ dcv_random_value: z.string(), expiration_date: z.string() });

type Asked = Pick<Validation, 'domain' | 'method' | 'challenges' | 'state' | 'createdAt'>;

/** `dcv_token`, or `validation_emails` where it is asked by mail. */
export function renderDcvAsk(validation: Asked, now: number): z.infer<typeof dcvAsk> {
  const token = renderDcvToken(validation, now);
  if (token !== null) return { dcv_token: token };
  const emails = validation.challenges.flatMap((one) => (one.method === 'email' ? [one.address] : []));
  return { validation_emails: { name_scope: validation.domain, base_emails: emails } };
}

/** Null where nothing is to be published. */
export function renderDcvToken(validation: Asked, now: number): z.infer<typeof dcvToken> | null {
  const token = valueOf(validation);
  if (token === null) return null;
  const expiresAt = valueExpiry(validation.createdAt);
  return {
    token,
    status: validation.state === 'valid' ? 'active' : expiresAt <= now ? 'expired' : 'pending',
    expiration_date: formatTimestamp(expiresAt),
    ...placeOf(dcvMethodOf(validation), validation.domain, token),
  };
}
