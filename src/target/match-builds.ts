// Whether a binary and an image are of one build: by Go's build ID, else by GNU's.
import { InspectError } from '../bytes/errors.js';
import type { BuildIds } from '../elf/build-ids.js';
import type { OpenedElf } from './classify.js';

/** Throws InspectError `binary-mismatch` where they are not, unless `force`; never forced is another word size, byte order or machine. */
export function matchIds(
  binary: OpenedElf,
  core: OpenedElf,
  own: BuildIds | undefined,
  inImage: BuildIds | undefined,
  force: boolean,
  warnings: string[],
): 'go' | 'gnu' | 'not checked' {
  const archs = [binary.elf.header.goarch, core.elf.header.goarch] as const;
  const shapes = [binary.elf.header, core.elf.header].map(
    ({ bits, littleEndian, machine }) => `${bits} ${littleEndian} ${machine}`,
  );
  const complain = (what: string, a: string, b: string) => {
    const hint =
      archs[0] === archs[1] ? 'another build of the same program? --force goes on' : 'another platform’s build?';
    if (!force || shapes[0] !== shapes[1])
      throw new InspectError(
        'binary-mismatch',
        binary.path,
        `does not belong to ${core.path}: ${what} ${a}, the image has ${b}`,
        hint,
      );
    warnings.push(
      `${binary.path} does not belong to ${core.path} (${what} ${a}, the image has ${b}): going on, as --force says`,
    );
  };
  if (shapes[0] !== shapes[1])
    complain('it is for', archs[0] ?? 'an unknown machine', archs[1] ?? 'an unknown machine');
  if (own?.go !== undefined && inImage?.go !== undefined) {
    if (own.go === inImage.go) return 'go';
    complain('its Go build ID is', own.go, inImage.go);
  } else if (own?.gnu !== undefined && inImage?.gnu !== undefined) {
    if (own.gnu === inImage.gnu) return 'gnu';
    complain('its GNU build ID is', own.gnu, inImage.gnu);
  }
  return 'not checked';
}
