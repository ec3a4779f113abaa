// docs/screen.svg: the real program on the sample image in a pseudo-terminal, drawn as it stands on the screen.
//   node scripts/screenshot.mjs      (after npm run build)
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [columns, rows] = [92, 24];
const cell = { width: 8.4, height: 18 };
const paper = '#16181d';
const ink = '#d7dae0';
const palette = [
  '#16181d',
  '#e06c75',
  '#98c379',
  '#e5c07b',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#d7dae0',
  '#7f848e',
  '#e06c75',
  '#98c379',
  '#e5c07b',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#ffffff',
];

const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
const { NO_COLOR: _unset, ...environment } = process.env;
const child = spawn(process.execPath, [join(root, 'dist/cli.js')], {
  name: 'xterm-256color',
  cols: columns,
  rows,
  cwd: root,
  env: environment,
});
child.onData((data) => terminal.write(data));

const text = () =>
  new Promise((resolve) => {
    terminal.write('', () =>
      resolve(
        Array.from({ length: rows }, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true) ?? '').join(
          '\n',
        ),
      ),
    );
  });

async function waitFor(part) {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if ((await text()).includes(part)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited for ${part}; the screen:\n${await text()}`);
}

await waitFor('reconciled');
child.write(':spans class=7 used>60 used<90\r');
await waitFor('freeindex');
child.write('\r');
await waitFor('slot 0');
child.write(`\u001b[B${'\u001b[C'.repeat(6)}`);
await waitFor('slot 70');

const escapeXml = (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function colors(cellOf) {
  const pick = (isDefault, isPalette, value, fallback) =>
    isDefault ? fallback : isPalette ? (palette[value] ?? ink) : `#${value.toString(16).padStart(6, '0')}`;
  const front = pick(cellOf.isFgDefault(), cellOf.isFgPalette(), cellOf.getFgColor(), ink);
  const back = pick(cellOf.isBgDefault(), cellOf.isBgPalette(), cellOf.getBgColor(), paper);
  return cellOf.isInverse() ? { front: back, back: front } : { front, back };
}

/** Neighbouring cells that look alike, as one piece. */
function runs(y) {
  const found = [];
  const line = terminal.buffer.active.getLine(y);
  for (let x = 0; line && x < columns; x += 1) {
    const at = line.getCell(x);
    const look = { ...colors(at), bold: Boolean(at.isBold()), dim: Boolean(at.isDim()) };
    const last = found.at(-1);
    if (
      last &&
      last.front === look.front &&
      last.back === look.back &&
      last.bold === look.bold &&
      last.dim === look.dim
    )
      last.text += at.getChars() || ' ';
    else found.push({ ...look, x, text: at.getChars() || ' ' });
  }
  return found;
}

const margin = 12;
const width = columns * cell.width + 2 * margin;
const height = rows * cell.height + 2 * margin;
const pieces = [];
for (let y = 0; y < rows; y += 1) {
  for (const { x, text: piece, front, back, bold, dim } of runs(y)) {
    const left = (margin + x * cell.width).toFixed(1);
    const top = margin + y * cell.height;
    const wide = ([...piece].length * cell.width).toFixed(1);
    if (back !== paper)
      pieces.push(`<rect x="${left}" y="${top}" width="${wide}" height="${cell.height}" fill="${back}"/>`);
    if (piece.trim() === '') continue;
    const style = `${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`;
    pieces.push(
      `<text x="${left}" y="${top + 13.5}" fill="${front}"${style} textLength="${wide}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escapeXml(piece)}</text>`,
    );
  }
}
writeFileSync(
  join(root, 'docs', 'screen.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14"><title>The slot map of a span in spanscope</title><rect width="100%" height="100%" rx="8" fill="${paper}"/>\n${pieces.join('\n')}\n</svg>\n`,
);
child.kill();
