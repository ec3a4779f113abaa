import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installedVersion, replacedVersions, yogaWasm } from '../../scripts/tui-bundle-plugin.mjs';

const dist = join(import.meta.dirname, '../../dist');

describe('the replaced modules of the bundle', () => {
  it.each(Object.entries(replacedVersions))('were written for %s %s', (name, version) => {
    expect(installedVersion(name), `${name} has changed: look at scripts/tui-bundle-plugin.mjs again`).toBe(version);
  });

  it('have the WebAssembly of the layout engine beside the bundle', () => {
    const wasm = readFileSync(join(dist, 'yoga.wasm'));
    expect(wasm.equals(yogaWasm())).toBe(true);
    expect([...wasm.subarray(0, 4)]).toEqual([0, 0x61, 0x73, 0x6d]);
  });

  it('leave nothing of what they replace', () => {
    const text = readFileSync(join(dist, 'tui.js'), 'utf8');
    expect(text).toContain('ink-text');
    for (const gone of [
      'Intl.Segmenter',
      'RGI_Emoji',
      'react-devtools-core',
      'base64,AGFz',
      'child_process',
      'node:process',
    ]) {
      expect(text.includes(gone), gone).toBe(false);
    }
  });

  it('are in no file that other commands load', () => {
    for (const name of readdirSync(dist).filter((each) => each.endsWith('.js') && each !== 'tui.js')) {
      expect(readFileSync(join(dist, name), 'latin1').includes('ink-text'), name).toBe(false);
    }
  });
});
