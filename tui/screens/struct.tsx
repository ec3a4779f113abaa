// One struct's fields: offset, size, name, type; after `v` also what the binary's DWARF says of each.
import { useState } from 'react';
import type { LayoutVerifyResult } from '../../src/layout/results.js';
import { aboutHeight, aboutLines, emptyLines } from '../components/about.js';
import { Frame, frameLines } from '../components/frame.js';
import { fieldTable } from '../components/layout-fields.js';
import { byDwarf } from '../components/layout-rows.js';
import { notReadyBody } from '../components/not-ready.js';
import { useApp } from '../hooks/use-app.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { errorText } from '../ui-session.js';
import type { ScreenProps } from './screen-props.js';

export function StructScreen({ screen, width, height }: ScreenProps<ScreenOf<'struct'>>) {
  const { session } = useApp();
  const show = useCall('layoutShow', { name: screen.name });
  const [asked, setAsked] = useState(() => session.peek('layoutVerify', {}) !== undefined);
  // Only the layout in use is the binary's own release.
  const verify = useCall('layoutVerify', asked && screen.name === '' ? {} : undefined);
  const struct = show.value?.structs[screen.struct];
  const table = show.value && struct ? fieldTable(show.value, screen.struct, verify.value, width) : undefined;
  const rows = table?.rows ?? [];
  const view = useTextView(screen, rows, height - aboutHeight, 2, (command) => {
    if (command === 'verify') setAsked(true);
  });
  if (show.value === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context="struct"
        body={notReadyBody(show.error, width, 'reading the layout…')}
        awaited={show.error === undefined}
      />
    );
  if (struct === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context="struct"
        body={[[], [`   ${show.value.goVersion}/${show.value.arch} has no struct ${screen.struct}`]]}
      />
    );
  const compared = verify.error
    ? `  not verified: ${errorText(verify.error)}`
    : verify.value
      ? comparedWords(verify.value, screen.struct)
      : verify.loading
        ? '  verifying…'
        : '';
  const head: Line = [
    ' struct ',
    ['title', screen.struct],
    `  size ${grouped(struct.size)}  ${rows.length} fields  `,
    ['note', show.value.source],
    compared,
  ];
  const about = rows[Math.max(0, Math.min(screen.place.cursor, rows.length - 1))]?.about ?? '';
  const padding = emptyLines(height - frameLines - aboutHeight - 2 - view.lines.length);
  return (
    <Frame
      width={width}
      height={height}
      context="struct"
      body={[head, ['  ', ...(table?.head ?? [])], ...view.lines, ...padding, ...aboutLines(about, width)]}
      selected={view.selected}
      status={view.status}
    />
  );
}

/** What DWARF and what the image say of the struct, as far as they were asked. */
function comparedWords(verify: LayoutVerifyResult, struct: string): string {
  const differing = verify.mismatches.filter((each) => each.struct === struct);
  const byImage = differing.filter(({ image }) => image !== undefined).length;
  const reached = Object.keys(verify.image?.fields ?? {}).some((name) => name.startsWith(`${struct}.`));
  const image = !reached ? '' : byImage === 0 ? '  image ✓ fits' : `  image ✗ ${byImage} do not fit`;
  if (!byDwarf(verify)) return image === '' ? '  the image says nothing of it' : image;
  const unknown = verify.unknown.find((each) => each.struct === struct);
  const others = differing.length - byImage;
  const dwarf = unknown ? unknown.why : others === 0 ? '✓ agrees' : `✗ differs in ${others}`;
  return `  dwarf ${dwarf}${image}`;
}
