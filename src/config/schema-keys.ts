import { z } from 'zod';

/** The part of JSON Schema that describes the configuration. */
export interface Described {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  properties?: Record<string, Described>;
  required?: readonly string[];
  items?: Described;
  additionalProperties?: Described | boolean;
}

/** The configuration as JSON Schema, in the form that is written (before defaults are filled in). */
export function describeSchema(schema: z.ZodType): Described {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Described;
}

/** The keys that may stand at a path of the schema; an empty list where the path leads nowhere. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: Described | undefined = describeSchema(schema);
  for (const part of path) {
    here = typeof part === 'number' ? here?.items : (here?.properties?.[String(part)] ?? tableOf(here));
  }
  return Object.keys(here?.properties ?? {});
}

/** What stands under each key of a table whose keys are names. */
export function tableOf(schema: Described | undefined): Described | undefined {
  const { additionalProperties } = schema ?? {};
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}
