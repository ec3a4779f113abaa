// What a scan of this image's stacks has to go by: its text, its data, and, as far as they are there, the program's functions.
import type { Target } from '../../target/target.js';
import { functionPlaces } from '../function-tables.js';
import type { GoProcess } from '../process.js';
import { WordClassifier } from '../stack-scan.js';
import { readFunctions } from './program-functions.js';
import type { ScanScene } from './scan.js';

/** `process` is absent where no Go runtime was found in the image. */
export function scanScene({ memory, dataRanges, go }: Target, process: GoProcess | undefined): ScanScene {
  const goarch = process?.layout.goarch ?? go?.arch ?? 'unknown';
  const module = process?.address('runtime.firstmoduledata');
  const places = process && functionPlaces(process, module);
  return {
    memory,
    goarch,
    classifier: new WordClassifier({ memory, goarch, data: dataRanges, functions: places }),
    functions: process && places ? readFunctions(process) : undefined,
    linkRegister: process?.layout.traits.callFrame.linkRegister ?? false,
  };
}
