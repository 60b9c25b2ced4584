import { z } from 'zod';

/** `page` of every list. */
export const pageAnswer = z.strictObject({ total: z.int().min(0), limit: z.int().min(1), offset: z.int().min(0) });

/** The id of what was made. */
export const made = z.strictObject({ id: z.int().positive() });
