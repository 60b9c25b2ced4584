import type { OrderDetails, Organization, CertificateRequest } from '../../../src/core/records.ts';
import type { Json } from './client.ts';

/** What an order may say: each parameter of the vendor's page, what becomes of it, and which values it cannot have. */

export interface Seen {
  /** Order info. */
  info: Json;
  details: OrderDetails;
  request: CertificateRequest;
  organization: Organization | null;
  /** What the order itself was answered with. */
  placed: Json;
}

export interface World {
  domain: string;
  organization: Organization;
  userId: number;
  containerId: number;
  fieldId: number;
  intFieldId: number;
  /** Orders that were issued, and the thumbprints of their certificates. */
  earlier: { orderId: number; thumbprint: string };
  other: { orderId: number; thumbprint: string };
  caCertId: string;
}

export interface Parameter {
  /** As on the vendor's page. */
  name: string;
  /** Members that are put into a valid order; `certificate` is merged. */
  give(world: World): Record<string, unknown>;
  /** What of it can be found again, and what it must be. */
  found(seen: Seen, world: World): readonly [actual: unknown, expected: unknown];
  bad: readonly (readonly [give: (world: World) => Record<string, unknown>, code: string])[];
}

export const certificate = (members: Record<string, unknown>) => () => ({ certificate: members });
export const given = (members: Record<string, unknown>) => () => members;
