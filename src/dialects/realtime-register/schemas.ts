import { z } from 'zod';
import * as is from './restrictions.ts';

/** What comes in. One source for the checks and for the OpenAPI document. Nulls were taken out before. */

export const approver = z.strictObject({
  firstName: is.text(1, 40),
  lastName: is.text(1, 40),
  jobTitle: is.text(1, 40).optional(),
  email: is.email,
  voice: is.phone,
});

export const dcv = z
  .strictObject({
    commonName: is.domain,
    type: is.dcvType,
    email: is.email.optional(),
  })
  .superRefine((entry, context) => {
    if (entry.type === 'EMAIL' && entry.email === undefined) {
      context.addIssue({ code: 'custom', path: ['email'], message: 'may not be null where type is EMAIL' });
    }
  });

/** Named in a description of the API that the vendor's own pages do not confirm; accepted and not used. */
const billables = z.array(z.looseObject({}));

const shared = {
  csr: is.pem,
  domainName: is.domain.optional(),
  san: z.array(is.domain).optional(),
  organization: is.text(1, 64).optional(),
  department: is.text(1, 60).optional(),
  state: is.text(1, 60).optional(),
  address: is.text(1, 60).optional(),
  postalCode: is.text(1, 10).optional(),
  city: is.text(1, 60).optional(),
  coc: is.text(1, 32).optional(),
  language: is.language.optional(),
  uniqueValue: is.uniqueValue.optional(),
  authKey: z.boolean().optional(),
  approver: approver.optional(),
  dcv: z.array(dcv).optional(),
};

export const requestBody = z.strictObject({
  customer: is.customer,
  product: is.productCode,
  period: is.period,
  ...shared,
  country: is.text(2, 2).optional(),
  saEmail: is.email.optional(),
  saLanguage: is.language.optional(),
  billables: billables.optional(),
});

export const reissueBody = z.strictObject(shared);

export const renewBody = z.strictObject({
  product: is.productCode.optional(),
  period: is.period,
  ...shared,
  saEmail: is.email.optional(),
  billables: billables.optional(),
});

export const revokeBody = z.strictObject({ reason: is.text(0, 255).optional() });

export const importBody = z.strictObject({
  customer: is.customer,
  certificate: is.pem,
  csr: is.pem.optional(),
  coc: is.text(1, 30).optional(),
  domainName: is.domain.optional(),
});

export const decodeCsrBody = z.strictObject({ csr: is.pem });

export const authKeyBody = z.strictObject({ product: is.productCode, csr: is.pem });

export const resendBody = z.strictObject({ dcv: z.array(dcv).optional() });

/** PHP's DateTime, as its JSON encoder writes it. */
export const phpDate = z.strictObject({ date: is.text(1, 40), timezone_type: z.int(), timezone: is.text(1, 60) });

export const scheduleCallBody = z.strictObject({ date: z.union([is.text(1, 40), phpDate]) });

export const sendAgreementBody = z.strictObject({ email: is.email, language: is.language.optional() });

export const addNoteBody = z.strictObject({ message: is.lines(1, 4000) });

export const emptyBody = z.strictObject({});

export type Approver = z.infer<typeof approver>;
export type DcvEntry = z.infer<typeof dcv>;
export type RequestBody = z.infer<typeof requestBody>;
export type ReissueBody = z.infer<typeof reissueBody>;
/** What request, reissue and renewal have in common. */
export type CertificateBody = ReissueBody & Pick<Partial<RequestBody>, 'country' | 'saEmail' | 'saLanguage'>;
