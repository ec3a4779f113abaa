// What is wrong or unusual in the image, worst first; and one finding with its evidence, what it means and what to do.
import type { Finding } from '../../src/analysis/results.js';
import type { Mark } from '../../src/output/format.js';
import { TextBody } from '../components/text-body.js';
import { type TextRow, textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import { type Line, type Segment, wrapText } from '../line.js';
import { findAt } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { start } from '../scrolling.js';
import { fitText } from '../terminal/text-width.js';
import type { Style } from '../theme.js';
import type { ScreenProps } from './screen-props.js';

export const severityLook: Readonly<Record<Finding['severity'], readonly [Style, string]>> = {
  high: ['bad', 'H'],
  medium: ['warn', 'M'],
  low: ['note', 'L'],
};
const rank = { high: 0, medium: 1, low: 2 } as const;
const idWidth = 22;

export function FindingsScreen({ screen, width, height }: ScreenProps<ScreenOf<'findings'>>) {
  const { value, error } = useCall('findings', {});
  const mark = useApp().session.marks('mspan');
  const findings = value?.findings ?? [];
  const ordered = findings.map((finding, index) => ({ finding, index }));
  ordered.sort((a, b) => rank[a.finding.severity] - rank[b.finding.severity]);
  const rows = ordered.flatMap(({ finding, index }) => findingRows(finding, index, width, mark));
  const notRead = value?.notRead ?? [];
  const doubts = notRead.flatMap((line) => wrapText(line, Math.max(20, width - 6)));
  const head: Line[] = [[['dim', headText(findings, notRead)]], ...doubts.map((line): Line => ['   ', ['warn', line]])];
  const view = useTextView(screen, rows, height, head.length);
  return (
    <TextBody
      width={width}
      height={height}
      context="findings"
      view={view}
      head={head}
      waiting={value === undefined ? 'looking…' : undefined}
      error={error}
    />
  );
}

function headText(findings: readonly Finding[], notRead: readonly string[]): string {
  const count = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length;
  return findings.length === 0
    ? `   nothing unusual was found${notRead.length === 0 ? '' : ' in what could be read'}`
    : `   H high ${count('high')}   M medium ${count('medium')}   L low ${count('low')}      Enter shows the evidence`;
}

/** The title on as many lines as it needs; Enter opens the finding from each. */
function findingRows(finding: Finding, index: number, width: number, mark: Mark): TextRow[] {
  const to = findingAt(finding, index);
  const titles = wrapText(mark(finding.title), Math.max(20, width - idWidth - 7));
  return titles.map((title, i) =>
    textRow(
      i === 0
        ? [severityLook[finding.severity], ' ', ['title', fitText(finding.id, idWidth)], ` ${title}`]
        : [' '.repeat(idWidth + 3), title],
      { to, name: `${finding.id}: ${finding.title}` },
    ),
  );
}

export function findingAt(finding: Finding, index: number) {
  return { kind: 'finding', index, name: finding.id, place: start, search: '' } as const;
}

export function FindingScreen({ screen, width, height }: ScreenProps<ScreenOf<'finding'>>) {
  const { value, error } = useCall('findings', {});
  const mark = useApp().session.marks('mspan');
  const finding = value?.findings[screen.index];
  const rows = finding ? oneFindingRows(finding, width, mark) : [];
  const view = useTextView(screen, rows, height, 0);
  return (
    <TextBody
      width={width}
      height={height}
      context="finding"
      view={view}
      waiting={
        value === undefined ? 'looking…' : finding === undefined ? 'there is no such finding any more' : undefined
      }
      error={error}
    />
  );
}

function oneFindingRows(finding: Finding, width: number, mark: Mark): TextRow[] {
  const wrapped = (text: string, style: Style = 'plain') =>
    wrapText(text, Math.max(20, width - 5)).map((part) => textRow(['  ', [style, part]]));
  const words: Readonly<Record<Finding['severity'], string>> = { high: 'high', medium: 'medium', low: 'low' };
  const head: Segment[] = [severityLook[finding.severity], ` ${words[finding.severity]}   `, ['title', finding.id]];
  const { evidence } = finding;
  return [
    textRow(head),
    ...wrapped(mark(finding.title)),
    textRow([]),
    textRow([['title', 'what it means']]),
    ...wrapped(finding.meaning),
    textRow([]),
    textRow([['title', 'what to do']]),
    ...wrapped(finding.advice),
    textRow([]),
    textRow([
      ['title', 'evidence'],
      ['dim', evidence.some((each) => each.address) ? '   Enter shows what stands at the address' : ''],
    ]),
    ...evidence.flatMap((each) => evidenceRows(each, width, mark)),
  ];
}

function evidenceRows({ what, value, address }: Finding['evidence'][number], width: number, mark: Mark): TextRow[] {
  const shown = valueText(value);
  const rest = address ? { address, name: address, to: findAt(address) } : {};
  const parts = wrapText(what, Math.max(20, width - 6));
  const tail: Line = [
    ...(shown === '' || what.includes(shown) ? [] : [['note', `  ${mark(shown)}`] as Segment]),
    ...(address && !what.includes(address) ? [['dim', `  ${address}`] as Segment] : []),
  ];
  return parts.map((part, i) => textRow(['  ', part, ...(i === parts.length - 1 ? tail : [])], rest));
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))) return grouped(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
