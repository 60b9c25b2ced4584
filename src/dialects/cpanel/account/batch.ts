import { DeskError } from '../../../core/errors.ts';
import { type Answer, type Call, CallFailure, type UapiFunction, type UapiModule } from '../call.ts';
import { errorsOf } from '../errors.ts';
import { type Result, succeeded } from '../envelopes.ts';
import { createParameters, missing, type Pairs, parseJsonText } from '../parameters.ts';
import { pairsOfObject } from '../read-body.ts';
import { takeCall } from '../sign-in.ts';

const MOST_COMMANDS = 50;

interface Command {
  module: string;
  func: string;
  pairs: Pairs;
}

type Find = (module: string, func: string) => UapiFunction;

/**
 * Batch::strict: calls one after the other; the first that does not succeed ends it. Each counts as one call of the
 * caller's allowance, and none is made where that does not suffice.
 */
export function batch(find: Find): UapiModule {
  return { strict: (call) => strict(call, find) };
}

async function strict(call: Call, find: Find): Promise<Answer> {
  const commands = commandsOf(call);
  // The call itself was counted for the first one.
  for (const _ of commands.slice(1)) takeCall(call.world, { kind: 'user', actor: call.actor });
  const results: Result[] = [];
  for (const { module, func, pairs } of commands) {
    try {
      const answer = await find(module, func)({ ...call, module, func, parameters: createParameters(pairs) });
      results.push(succeeded(answer));
    } catch (error) {
      const isExpected = error instanceof CallFailure || (error instanceof DeskError && error.kind !== 'internal');
      if (!isExpected) throw error;
      const told = errorsOf(error).join('; ');
      throw new CallFailure(`The command ${results.length + 1} (${module}::${func}) failed: ${told}`, results);
    }
  }
  return { data: results };
}

/** Every one is read before the first is called. @throws CallFailure */
function commandsOf({ parameters }: Call): Command[] {
  const texts = parameters.all('command');
  if (texts.length === 0) throw missing('command');
  if (texts.length > MOST_COMMANDS) throw new CallFailure(`There are more than ${MOST_COMMANDS} commands.`);
  return texts.map((text) => {
    const value = parseJsonText('command', text);
    const [module, func, sent = {}] = Array.isArray(value) ? (value as unknown[]) : [];
    if (typeof module !== 'string' || typeof func !== 'string' || !isObject(sent)) {
      throw new CallFailure(
        'Each “command” must be a JSON array of a module, a function, and an object of parameters.',
      );
    }
    if (module === 'Batch') throw new CallFailure('A batch cannot hold a batch.');
    return { module, func, pairs: pairsOfObject(sent) };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
