// GODEBUG as the program was started with: what its environment says, else what its build has put into it (runtime/runtime1.go, parsedebugvars). What the program has
// set for itself since is not told.
import { readBuildInfo } from '../gosym/build-info.js';
import { readEnvironment } from './environment.js';
import type { GoProcess } from './process.js';

/** The value of one setting; undefined where neither names it, so that the release's own holds. */
export function godebugSetting(process: GoProcess, name: string): string | undefined {
  const asked = readEnvironment(process, new Set(['GODEBUG']))?.get('GODEBUG');
  const { binary } = process.target;
  const built = /^build\tDefaultGODEBUG=(.*)$/m.exec((binary && readBuildInfo(binary.elf)?.modinfo) ?? '')?.[1];
  return lastOf(asked, name) ?? lastOf(built, name);
}

/** Of several of one name the last holds. */
function lastOf(text: string | undefined, name: string): string | undefined {
  const fields = (text ?? '').split(',').filter((field) => field.startsWith(`${name}=`));
  return fields.at(-1)?.slice(name.length + 1);
}
