// An esbuild plugin for the terminal UI's bundle: replaces a few modules of Ink and its dependencies by ones that start faster.
// What is replaced belongs to exact versions; test/tui/bundle-plugin.test.ts fails when one of them changes, so that this is looked at again.
//
// - yoga-layout carries its WebAssembly as base64 and loads it through fetch: here it is a file beside the bundle, compiled synchronously.
// - string-width (both versions) makes an Intl.Segmenter and large regular expressions at start: the UI's own width function serves.
// - ink's measure-text keeps every text it has ever seen: a long scroll would fill the memory. Measuring again is cheaper than that.
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
const Yoga = wrapAssembly(await loadYoga({
  instantiateWasm(imports, done) {
    const instance = new WebAssembly.Instance(module, imports);
    done(instance);
    return instance.exports;
  },
}));
export default Yoga;
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

/** Path in node_modules → the module's new text. */
const replacements = [
  [/yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/, yogaIndex],
  [/[\\/]string-width[\\/]index\.js$/, stringWidth],
  [/[\\/]ink[\\/]build[\\/]measure-text\.js$/, measureText],
  [/[\\/]ink[\\/]build[\\/]devtools\.js$/, 'export {};'],
  [/[\\/]ink[\\/]build[\\/]utils\.js$/, 'export const isDev = () => false;'],
  [
    /[\\/]ink[\\/]build[\\/]components[\\/]ErrorOverview\.js$/,
    'export default function ErrorOverview() { return null; }',
  ],
  [/[\\/]is-in-ci[\\/]index\.js$/, 'export default false;'],
];

/** The plugin. Writes `yoga.wasm` into the output folder. */
export function tuiPlugin() {
  return {
    name: 'tui-bundle',
    setup(build) {
      build.onLoad(
        { filter: /node_modules[\\/](?:.*[\\/])?(?:ink|yoga-layout|string-width|is-in-ci)[\\/].*\.js$/ },
        ({ path }) => {
          const found = replacements.find(([pattern]) => pattern.test(path));
          if (found !== undefined) return { contents: found[1], loader: 'js', resolveDir: dirname(path) };
          if (path.endsWith('yoga-wasm-base64-esm.js')) {
            return {
              contents: readFileSync(path, 'utf8').replace(base64Pattern, '""'),
              loader: 'js',
              resolveDir: dirname(path),
            };
          }
          return undefined;
        },
      );
      build.onEnd(async () => {
        const { outdir } = build.initialOptions;
        if (outdir !== undefined) await writeFile(join(outdir, wasmName), yogaWasm());
      });
    },
  };
}
