import { z } from 'zod';

/** Values that several sections of the configuration share. */

/** `HOST:PORT` apart, without the brackets of an IPv6 address. */
export interface HostAndPort {
  host: string;
  port: number;
}

export const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, 'must be HOST:PORT, such as 127.0.0.1:8480')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'has a port above 65535')
  .transform(splitAddress);

function splitAddress(text: string): HostAndPort {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

export const cidr = z
  .string()
  .regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'must be an address range in CIDR form, such as 10.0.0.0/8');

/** A host or domain name, kept in lower case without a final dot. */
export const hostName = z
  .string()
  .regex(/^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{1,63}\.?$/, 'must be a domain name')
  .transform((name) => name.toLowerCase().replace(/\.$/, ''));

/** The name of a TSIG key, which may be one label alone, as `tsig-keygen` makes it. */
export const keyName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/, 'must be the name of a key, such as tsig-key')
  .transform((name) => name.toLowerCase().replace(/\.$/, ''));

export const seconds = (fallback: number, most: number) => z.number().positive().max(most).default(fallback);
export const whole = (fallback: number, least: number, most: number) => z.int().min(least).max(most).default(fallback);
