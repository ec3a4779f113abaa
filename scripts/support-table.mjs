// Writes docs/support.md: which Go lines and arches the tests of test/matrix proved, out of vitest's JSON reports of them.
//   npm run test:matrix && node scripts/support-table.mjs REPORT.json… > docs/support.md && npm run format
// A cell says what tests showed and no more: where an image's tests did not run, nothing is claimed.
import { readFileSync } from 'node:fs';
import { imageTable } from '../fixtures/images.mjs';
import { releases } from '../fixtures/lab.mjs';
import { strippedTable } from '../fixtures/stripped-images.mjs';

/** `{group → {passed, failed}}` of one test file; the group is its outermost describe. Of a test in several reports the last one that ran it counts. */
function resultsOf(reports, file) {
  const statuses = new Map();
  for (const { testResults } of reports) {
    for (const { name, assertionResults } of testResults) {
      if (!name.endsWith(`/${file}`)) continue;
      for (const { ancestorTitles, title, status } of assertionResults) {
        if (status !== 'passed' && status !== 'failed') continue;
        const group = (ancestorTitles[0] ?? '').replaceAll("'", '');
        if (!statuses.has(group)) statuses.set(group, new Map());
        statuses.get(group).set([...ancestorTitles.slice(1), title].join(' '), status);
      }
    }
  }
  const count = (titles, wanted) => [...titles.values()].filter((status) => status === wanted).length;
  return new Map(
    [...statuses].map(([group, titles]) => [
      group,
      { passed: count(titles, 'passed'), failed: count(titles, 'failed') },
    ]),
  );
}

/** Roots that were right but not proved, by image: what the tests of stripped images leave in their meta. */
function unconfirmedOf(reports) {
  const byTest = new Map();
  for (const { testResults } of reports) {
    for (const { name, assertionResults } of testResults) {
      if (!name.endsWith('/stripped.matrix.ts')) continue;
      for (const { ancestorTitles, meta } of assertionResults) {
        if (meta?.unconfirmed) byTest.set(ancestorTitles.join(' '), [ancestorTitles[0], meta.unconfirmed.length]);
      }
    }
  }
  const byImage = new Map();
  for (const [title, count] of byTest.values()) {
    const name = (title ?? '').replaceAll("'", '').replace(/ stripped$/, '');
    byImage.set(name, (byImage.get(name) ?? 0) + count);
  }
  return byImage;
}

const lineOf = (release) => release.match(/^(?:go)?(\d+\.\d+)/)[1];
const minor = (line) => Number(line.split('.')[1]);

const hows = {
  kernel: 'kernel core',
  gcore: 'gcore',
  gdb: 'gcore at a breakpoint',
  raw: 'raw regions',
  qemu: 'guest core of qemu-user',
  'qemu-regions': 'raw regions of a qemu-user guest',
};

function readReports(paths) {
  if (paths.length === 0) throw new Error('usage: support-table.mjs REPORT.json…');
  return paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
}

function cellOf(line, goarch, images, layouts) {
  if (minor(line) < minor(releases.arches[goarch])) return 'no port';
  const here = images.filter((image) => image.line === line && image.goarch === goarch);
  const proved = here.filter(({ counts, gc }) => counts?.failed === 0 && counts.passed > 0 && gc?.passed > 0);
  if (here.some(({ counts, gc }) => counts?.failed > 0 || gc?.failed > 0)) return 'fails';
  if (proved.some(({ how }) => !how.startsWith('qemu')))
    return proved.some(({ how }) => how === 'kernel') ? 'exact (kernel core)' : 'exact';
  if (proved.length > 0) return 'exact (qemu)';
  const measured = [...layouts].filter(([name]) => name.endsWith(`-${goarch}`) && lineOf(name) === line);
  if (measured.some(([, { failed }]) => failed > 0)) return 'fails';
  return measured.some(([, { passed }]) => passed > 0) ? 'layout only' : 'not tried';
}

/** What the stripped images of a line and arch showed; an image built with -s -w is named. */
function strippedCell(line, goarch, images) {
  if (minor(line) < minor(releases.arches[goarch])) return 'no port';
  const here = images.filter((image) => image.line === line && image.goarch === goarch && image.stripped);
  if (here.length === 0) return 'not tried';
  const failed = here.reduce((sum, { stripped }) => sum + stripped.failed, 0);
  if (failed > 0) return `${failed} fail`;
  const unconfirmed = here.reduce((sum, image) => sum + (image.unconfirmed ?? 0), 0);
  const built = here.some(({ name }) => name.endsWith('-sw')) ? ', -s -w' : '';
  return `same${built}${unconfirmed > 0 ? ` (${unconfirmed} roots unconfirmed)` : ''}`;
}

function page(reports) {
  const stripped = resultsOf(reports, 'stripped.matrix.ts');
  const unconfirmed = unconfirmedOf(reports);
  const withStripped = (image) => ({
    ...image,
    line: lineOf(image.release),
    stripped: stripped.get(`${image.name} stripped`),
    unconfirmed: unconfirmed.get(image.name),
  });
  const spans = resultsOf(reports, 'spans.matrix.ts');
  const gc = resultsOf(reports, 'gc.matrix.ts');
  const layouts = resultsOf(reports, 'layouts.matrix.ts');
  const built = strippedTable().map(withStripped);
  const images = imageTable().map((image) => ({
    ...withStripped(image),
    counts: spans.get(image.name),
    gc: gc.get(`gc of ${image.name}`),
  }));
  const lines = Object.keys(releases.lines).sort((a, b) => minor(b) - minor(a));
  const arches = Object.keys(releases.arches);
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const tried = images.filter(({ counts }) => counts);
  const missing = images.filter(({ counts }) => !counts).map(({ name }) => name);
  return [
    '# What was proved',
    '',
    'Made by `scripts/support-table.mjs` out of reports of `npm run test:matrix`: a cell says what tests on real images showed, and no more.',
    '',
    '- **exact**: on an image of a program that this line built, every field, bit and slot of every mspan equals what an independent reader (Go’s `debug/dwarf`) finds,',
    '  by the layout table and by DWARF alike, and so does every scalar of gcController and memstats; the sums over the spans and the pauses equal the runtime’s own counters; every root is',
    '  proved. In brackets how the image was taken.',
    '- **layout only**: the layout table equals the DWARF of a binary of that line; no image was read here.',
    '- **not tried**: neither was in these reports; `spanscope layout list` says which releases the tables cover. **no port**: Go has none there.',
    '',
    row(['Go', ...arches]),
    row(['---', ...arches.map(() => '---')]),
    ...lines.map((line) => row([line, ...arches.map((goarch) => cellOf(line, goarch, images, layouts))])),
    '',
    'What qemu emulates was not tried on hardware of its own, and lies where the emulator put it. The 386 guests ran on one P without asynchronous preemption, and a',
    'mipsle guest of 1.16 does not start there (a check of NaNs fails).',
    '',
    '## Stripped',
    '',
    'The same images with the binary stripped (GNU strip), without section headers, without build info and build IDs, with the pclntab’s magic overwritten, and with several of these at once; and images',
    'of programs built with `-ldflags="-s -w"` (as such, and damaged like that), PIE and cgo among them. **same**: every root has the address that the symbol-rich twin’s debug info gives it, every field and',
    'bit of every mspan and every number of `gc` are the same, and nothing is warned of. **-s -w**: so was an image built that way.',
    '',
    row(['Go', ...arches]),
    row(['---', ...arches.map(() => '---')]),
    ...lines.map((line) => row([line, ...arches.map((goarch) => strippedCell(line, goarch, [...images, ...built]))])),
    '',
    '## The images',
    '',
    row(['image', 'release', 'taken as', 'span tests passed', 'gc tests passed', 'stripped tests passed', 'failed']),
    row(['---', '---', '---', '---:', '---:', '---:', '---:']),
    ...tried.map(({ name, release, experiment, how, counts, gc, stripped: bare }) =>
      row([
        name,
        experiment ? `${release} ${experiment}` : release,
        hows[how],
        counts.passed,
        gc?.passed ?? 0,
        bare?.passed ?? 0,
        counts.failed + (gc?.failed ?? 0) + (bare?.failed ?? 0),
      ]),
    ),
    ...built
      .filter(({ stripped: bare }) => bare)
      .map(({ name, release, how, stripped: bare }) =>
        row([name, release, hows[how], '', '', bare.passed, bare.failed]),
      ),
    '',
    ...(missing.length > 0 ? [`Not in this report: ${missing.join(', ')}.`, ''] : []),
  ].join('\n');
}

process.stdout.write(page(readReports(process.argv.slice(2))));
