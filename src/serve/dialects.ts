import type { Dialect } from '../dialects/dialect.ts';
import { realtimeRegister } from '../dialects/realtime-register/plugin.ts';

/** The vendors' APIs that are served. */
export const DIALECTS: readonly Dialect[] = [realtimeRegister];
