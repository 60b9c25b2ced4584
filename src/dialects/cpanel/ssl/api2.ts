import { DeskError } from '../../../core/errors.ts';
import { type Answer, type Call, CallFailure, type Parameters } from '../call.ts';
import { errorsOf } from '../errors.ts';
import { installSsl } from './install.ts';

/** SSL::installssl of API 2: `crt`, `key`, `cabundle`, `domain`. What goes wrong stands in the data as well. */
export async function installSslApi2(call: Call): Promise<Answer> {
  try {
    const { data } = await installSsl({ ...call, parameters: renamed(call.parameters, { cert: 'crt' }) });
    const { message } = data as { message: string };
    return { data: [{ result: 1, output: message, statusmsg: message }] };
  } catch (error) {
    const isExpected = error instanceof CallFailure || (error instanceof DeskError && error.kind !== 'internal');
    if (!isExpected) throw error;
    const output = errorsOf(error).join('; ');
    return { data: [{ result: 0, output, statusmsg: output }] };
  }
}

/** Asked for by one name, sent under another. */
function renamed(parameters: Parameters, names: Readonly<Record<string, string>>): Parameters {
  const sent = (name: string): string => names[name] ?? name;
  return {
    required: (name) => parameters.required(sent(name)),
    optional: (name) => parameters.optional(sent(name)),
    all: (name) => parameters.all(sent(name)),
    flag: (name, fallback) => parameters.flag(sent(name), fallback),
    integer: (name) => parameters.integer(sent(name)),
    json: (name) => parameters.json(sent(name)),
  };
}
