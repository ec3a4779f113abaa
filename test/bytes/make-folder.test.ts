import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/bytes/make-folder.js';
import { TempFolder } from '../support/run-cli.js';

const temp = new TempFolder();
afterAll(() => temp.remove());

describe('makeFolder', () => {
  it('makes a folder and those above it, and nothing where it is there', () => {
    const folder = join(temp.path, 'a', 'b', 'c');
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o700);
    for (const path of [folder, join(temp.path, 'a')]) expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it.runIf(process.platform === 'linux')('ends where no folder can be made', () => {
    expect(() => makeFolder('/proc/nowhere/spanscope')).toThrow('ENOENT');
  });

  it('says what stands in the way', () => {
    const file = temp.file('file', Buffer.from('x'));
    expect(() => makeFolder(join(file, 'below'))).toThrow('ENOTDIR');
    mkdirSync(join(temp.path, 'made'));
    makeFolder(join(temp.path, 'made'));
  });
});
