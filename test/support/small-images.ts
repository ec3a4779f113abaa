// The committed real images, unpacked into a folder: binary, plain core, and the rows that the independent reader wrote.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, sample, type TempFolder } from './run-cli.js';

export interface SmallImage {
  readonly name: string;
  readonly server: string;
  /** A plain ELF file. */
  readonly core: string;
  readonly truth: string;
  /** Another core like it, to be damaged. */
  copy(name: string): string;
}

export const smallImageNames: readonly string[] = ['sample', ...readdirSync(join(root, 'fixtures', 'images'))];

export function smallImage(folder: TempFolder, name: string): SmallImage {
  if (name === 'sample')
    return {
      name,
      server: sample.server,
      core: folder.plain('sample.core', sample.core),
      truth: join(root, 'fixtures/sample/spans.expected.ndjson.gz'),
      copy: (as) => folder.plain(`sample.${as}`, sample.core),
    };
  const packed = folder.unpacked(`${name}.packed`, 'images', name, 'core.sparse.gz');
  return {
    name,
    server: folder.unpacked(`${name}.server`, 'images', name, 'server.gz'),
    core: folder.plain(`${name}.core`, packed),
    truth: join(root, 'fixtures/images', name, 'spans.expected.ndjson.gz'),
    copy: (as) => folder.plain(`${name}.${as}`, packed),
  };
}
