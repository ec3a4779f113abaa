// GOGC, GOMEMLIMIT, GOMAXPROCS and GODEBUG: what the environment asked for against what is in force. They differ where the program itself set another value
// (debug.SetGCPercent, debug.SetMemoryLimit, runtime.GOMAXPROCS).
import { collectorSettings, noMemoryLimit } from '../runtime/collector-settings.js';
import { type Environment, readEnvironment } from '../runtime/environment.js';
import type { GoProcess } from '../runtime/process.js';
import { bigCount } from './numbers.js';
import type { GcSetting } from './results.js';

export const settingNames = ['GOGC', 'GOMEMLIMIT', 'GOMAXPROCS', 'GODEBUG'] as const;

const unknownEnvironment = 'the environment is not in the image';

export function gcEnvironment(process: GoProcess): Environment | undefined {
  return readEnvironment(process, new Set(settingNames));
}

export function gcSettings(process: GoProcess, environment: Environment | undefined): GcSetting[] {
  const { gcPercent, memoryLimit, gomaxprocs } = collectorSettings(process);
  const asked = (name: string) => environment?.get(name) ?? null;
  const settings: GcSetting[] = [
    {
      name: 'GOGC',
      environment: asked('GOGC'),
      inForce: gcPercent === undefined ? null : gcPercent < 0 ? 'off' : gcPercent,
      origin: origin(environment, 'GOGC', gcPercent, parseGogc, 100, 'debug.SetGCPercent'),
    },
  ];
  if (memoryLimit !== undefined) {
    settings.push({
      name: 'GOMEMLIMIT',
      environment: asked('GOMEMLIMIT'),
      inForce: memoryLimit === noMemoryLimit ? 'off' : bigCount(memoryLimit),
      origin: origin(environment, 'GOMEMLIMIT', memoryLimit, parseMemoryLimit, noMemoryLimit, 'debug.SetMemoryLimit'),
    });
  }
  settings.push({
    name: 'GOMAXPROCS',
    environment: asked('GOMAXPROCS'),
    inForce: gomaxprocs ?? null,
    origin: processorOrigin(environment, gomaxprocs),
  });
  settings.push({
    name: 'GODEBUG',
    environment: asked('GODEBUG'),
    inForce: null,
    origin: environment ? (asked('GODEBUG') === null ? 'not set' : 'set by the environment') : unknownEnvironment,
  });
  return settings;
}

function origin<T extends number | bigint>(
  environment: Environment | undefined,
  name: string,
  inForce: T | undefined,
  parse: (text: string) => T | undefined,
  fallback: T,
  setter: string,
): string {
  if (inForce === undefined) return 'can’t be read';
  const isDefault = inForce === fallback;
  if (!environment)
    return isDefault
      ? `the default; ${unknownEnvironment}`
      : `not the default: by the environment, which is not in the image, or ${setter}`;
  const text = environment.get(name);
  const asked = text === undefined || text === '' ? fallback : (parse(text) ?? fallback);
  if (asked !== inForce)
    return `set by ${setter}: the environment ${text === undefined ? `does not set ${name}` : `says ${text}`}`;
  if (text === undefined) return 'the default';
  return text !== '' && parse(text) === undefined
    ? `the default: ${text} in the environment is not valid`
    : 'set by the environment';
}

function processorOrigin(environment: Environment | undefined, inForce: number | undefined): string {
  if (inForce === undefined) return 'can’t be read';
  if (!environment) return unknownEnvironment;
  const text = environment.get('GOMAXPROCS');
  if (text === undefined) return 'by the machine, or runtime.GOMAXPROCS';
  return Number(text) === inForce
    ? 'set by the environment'
    : `the environment says ${text}: set by runtime.GOMAXPROCS, or not valid`;
}

/** runtime/mgcpacer.go, readGOGC: `off` or a 32-bit integer; anything else is as if not set. */
export function parseGogc(text: string): number | undefined {
  if (text === 'off') return -1;
  if (!/^[+-]?\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  if (value > 0x7fffffff || value < -0x80000000) return undefined;
  return value < 0 ? -1 : value;
}

/** runtime/string.go, parseByteCount: `off`, or an integer with B, KiB, MiB, GiB or TiB. */
export function parseMemoryLimit(text: string): bigint | undefined {
  if (text === 'off') return noMemoryLimit;
  const match = /^(\d{1,19})(?:([KMGT]i)?B)?$/.exec(text);
  if (!match) return undefined;
  const shift = match[2] ? BigInt(10 * ('KMGT'.indexOf(match[2][0]!) + 1)) : 0n;
  const value = BigInt(match[1]!) << shift;
  return value <= noMemoryLimit ? value : undefined;
}
