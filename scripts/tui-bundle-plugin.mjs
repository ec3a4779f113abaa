// An esbuild plugin for the terminal UI's bundle: replaces a few modules of Ink and its dependencies by ones that start faster.
// What is replaced belongs to exact versions; test/tui/bundle-plugin.test.ts fails when one of them changes, so that this is looked at again.
//
// - yoga-layout carries its WebAssembly as base64 and loads it through fetch: here it is a file beside the bundle, compiled synchronously.
// - string-width (both versions) makes an Intl.Segmenter and large regular expressions at start: the UI's own width function serves.
// - ink's measure-text keeps every text it has ever seen: a long scroll would fill the memory. Measuring again is cheaper than that.
// - ink's output takes every character of a frame apart into an object with its styles. Here a screen is a column of finished lines
//   (tui/line.ts cleans, cuts and paints them), so putting lines under each other is all there is to do; wrapping, truncating,
//   cleaning and colouring by ink (wrap-text, sanitize-ansi, chalk) have nothing to do either.
// - ink writes to the terminal through log-update, ansi-escapes and cli-cursor: here tui/terminal/frame-writer.ts does.
// - an ES module import of node:process evaluates every getter of `process`; node:child_process (terminal-size) and node:stream
//   (patch-console, an instanceof) are loaded for nothing: together about 40 ms.
// - ink's development tools and its error page are never shown: errors are reported after the terminal is given back.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

/** The versions for which the replacements below were written and tried. */
export const replacedVersions = {
  ink: '6.8.0',
  'yoga-layout': '3.2.1',
  'string-width': '8.3.0',
  react: '19.3.1',
};

/** The installed version of a package, for the test that watches over `replacedVersions`. */
export function installedVersion(name) {
  return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
}

const wasmName = 'yoga.wasm';
const base64Pattern = /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"/;

/** The WebAssembly inside yoga's loader. */
export function yogaWasm() {
  const source = readFileSync(join(modules, 'yoga-layout/dist/binaries/yoga-wasm-base64-esm.js'), 'utf8');
  const base64 = base64Pattern.exec(source)?.[1];
  if (base64 === undefined) throw new Error('yoga-layout has another form than tui-bundle-plugin.mjs knows');
  return Buffer.from(base64, 'base64');
}

const yogaIndex = `
import loadYoga from '../binaries/yoga-wasm-base64-esm.js';
import wrapAssembly from './wrapAssembly.js';
import { readFileSync } from 'node:fs';
const module = new WebAssembly.Module(readFileSync(new URL('./${wasmName}', import.meta.url)));
const yoga = {
  instantiateWasm(imports, done) {
    const instance = new WebAssembly.Instance(module, imports);
    done(instance);
    return instance.exports;
  },
};
// With a module at hand the loader does all its work before it returns: there is nothing to await.
loadYoga(yoga);
export default wrapAssembly(yoga);
export * from './generated/YGEnums.js';
`;

const stringWidth = `
import { textWidth } from ${JSON.stringify(join(root, 'tui/terminal/text-width.ts'))};
const sequences = /\\u001b(?:\\[[0-9;:]*m|\\][^\\u0007]*\\u0007)/g;
export default function stringWidth(text) {
  return textWidth(text.includes('\\u001b') ? text.replace(sequences, '') : text);
}
`;

const measureText = `
import stringWidth from 'string-width';
export default function measureText(text) {
  if (text === '') return { width: 0, height: 0 };
  const lines = text.split('\\n');
  return { width: Math.max(...lines.map((line) => stringWidth(line))), height: lines.length };
}
`;

// Texts on one row are joined from left to right. Nothing overlaps and nothing is clipped on these screens.
const output = `
import stringWidth from 'string-width';
export default class Output {
  constructor({ height }) {
    this.rows = Array.from({ length: height }, () => '');
  }
  write(x, y, text, { transformers }) {
    if (!text) return;
    for (const [i, line] of text.split('\\n').entries()) {
      const row = this.rows[y + i];
      if (row === undefined) continue;
      let out = line;
      for (const transformer of transformers) out = transformer(out, i);
      this.rows[y + i] = row + (x > 0 ? ' '.repeat(Math.max(0, x - stringWidth(row))) : '') + out;
    }
  }
  clip() {}
  unclip() {}
  get() {
    return { output: this.rows.join('\\n'), height: this.rows.length };
  }
}
`;

const keep = '(text) => text';
const chalk = `
const keep = ${keep};
export default { dim: keep, bold: keep, italic: keep, underline: keep, strikethrough: keep, inverse: keep };
`;
const logUpdate = `
const create = () => Object.assign(() => false, { clear() {}, done() {}, sync() {}, setCursorPosition() {}, isCursorDirty: () => false, willRender: () => false });
export default { create };
`;

/**
 * Ink's reconciler without its two top-level awaits, both for the development tools: a bundle without any can be CommonJS, and that
 * can be started from V8's code cache.
 */
function withoutDevelopment(text) {
  const [start, end] = [text.indexOf('if (isDev()) {'), text.indexOf('const diff = ')];
  const awaited = /isDev\(\)\s*\? await loadPackageJson\(\)\s*: /;
  if (start < 0 || end < start || !awaited.test(text))
    throw new Error('ink has another form than tui-bundle-plugin.mjs knows');
  return (text.slice(0, start) + text.slice(end)).replace(awaited, '');
}

/** Path in node_modules → the module's new text. */
const replacements = [
  ['yoga-layout/dist/src/index.js', yogaIndex],
  ['string-width/index.js', stringWidth],
  ['ink/build/measure-text.js', measureText],
  ['ink/build/output.js', output],
  ['ink/build/sanitize-ansi.js', `export default ${keep};`],
  ['ink/build/wrap-text.js', `export default ${keep};`],
  ['ink/build/colorize.js', `export default ${keep};`],
  ['ink/build/log-update.js', logUpdate],
  ['ink/build/devtools.js', 'export {};'],
  ['ink/build/utils.js', 'export const isDev = () => false;'],
  ['ink/build/components/ErrorOverview.js', 'export default function ErrorOverview() { return null; }'],
  ['chalk/source/index.js', chalk],
  ['ansi-escapes/index.js', 'export default {};'],
  ['cli-cursor/index.js', 'export default { show() {}, hide() {} };'],
  ['terminal-size/index.js', 'export default () => ({ columns: 80, rows: 24 });'],
  ['patch-console/dist/index.js', 'export default () => () => {};'],
  ['is-in-ci/index.js', 'export default false;'],
].map(([end, text]) => [`/node_modules/${end}`, text]);

/** Built-in modules as the packages above may have them. */
const builtins = {
  'node:process': 'export default process; export const { env } = process;',
  'node:stream': 'export class Stream {}',
};

/** The plugin. Writes `yoga.wasm` into the output folder. */
export function tuiPlugin() {
  return {
    name: 'tui-bundle',
    setup(build) {
      build.onResolve({ filter: /^node:(process|stream)$/ }, ({ path, importer }) =>
        importer.includes('node_modules') ? { path, namespace: 'light-builtin' } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'light-builtin' }, ({ path }) => ({
        contents: builtins[path],
        loader: 'js',
      }));
      build.onLoad({ filter: /node_modules[\\/].*\.js$/ }, ({ path }) => {
        const slashed = path.replaceAll('\\', '/');
        const found = replacements.find(([end]) => slashed.endsWith(end));
        if (found !== undefined) return { contents: found[1], loader: 'js', resolveDir: dirname(path) };
        if (slashed.endsWith('/yoga-wasm-base64-esm.js')) {
          return {
            contents: readFileSync(path, 'utf8').replace(base64Pattern, '""'),
            loader: 'js',
            resolveDir: dirname(path),
          };
        }
        if (slashed.endsWith('/ink/build/reconciler.js')) {
          return { contents: withoutDevelopment(readFileSync(path, 'utf8')), loader: 'js', resolveDir: dirname(path) };
        }
        return undefined;
      });
      build.onEnd(async () => {
        const { outdir } = build.initialOptions;
        if (outdir !== undefined) await writeFile(join(outdir, wasmName), yogaWasm());
      });
    },
  };
}
