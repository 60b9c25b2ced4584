import type { CertificateRequest, Order, OrderDetails } from '../../core/records.ts';

/** A length of time in the one unit in which it was told. */
export interface ValidityMembers {
  years?: number;
  days?: number;
  custom_expiration_date?: string;
}

/** What `CertificateRequest.extra` keeps of an ask that means nothing to the heart, and is shown again. */
export interface CertificateExtra {
  serverPlatform: number;
  signatureHash: string;
  organizationUnits: string[];
  profileOption?: string;
  caCertId?: string;
  certValidity?: ValidityMembers;
}

export function certificateExtra({ extra }: Pick<CertificateRequest, 'extra'>): CertificateExtra {
  return { serverPlatform: -1, signatureHash: 'sha256', organizationUnits: [], ...extra };
}

/** What `OrderDetails.extra` keeps beside the members of `orderDcvExtra`. */
export interface OrderExtra {
  orderValidity?: ValidityMembers;
  paymentMethod: string;
  disableCt: boolean;
  serverLicenses: number;
  locale?: string;
  vatNumber?: string;
  comments?: string;
  renewalMessage?: string;
  /** Of a discount for replacing another vendor's certificate, which this server does not give. */
  applyDiscount?: boolean;
  replacedSerial?: string;
  billingAddress?: Record<string, string | undefined>;
}

export function orderExtra(details: OrderDetails | null): OrderExtra {
  return { paymentMethod: 'balance', disableCt: false, serverLicenses: 1, ...details?.extra };
}

/** The term of an order as it was told, else as it was bought. */
export function orderValidity(order: Order, details: OrderDetails | null): ValidityMembers {
  return orderExtra(details).orderValidity ?? { years: Math.max(1, Math.round(order.periodMonths / 12)) };
}
