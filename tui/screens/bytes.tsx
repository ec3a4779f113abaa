// Raw bytes of the image: sixteen a line, hex and ASCII. Only the lines on the screen are asked for.
import { Frame, frameLines } from '../components/frame.js';
import { afterFault, hexLines, lineBytes } from '../components/hex.js';
import { notReadyBody } from '../components/not-ready.js';
import { useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import type { Line } from '../line.js';
import { type ScreenOf, visibleTop } from '../navigation.js';
import { addressPlus, bytesText, grouped } from '../numbers.js';
import type { ScreenProps } from './screen-props.js';

export function BytesScreen({ screen, width, height }: ScreenProps<ScreenOf<'bytes'>>) {
  const app = useApp();
  const rowsHeight = height - frameLines - 1;
  const rows = Math.max(1, Math.ceil(screen.length / lineBytes));
  const top = visibleTop(screen.place, rows, rowsHeight);
  const from = addressPlus(screen.address, top * lineBytes);
  const length = Math.min(screen.length - top * lineBytes, rowsHeight * lineBytes);
  const { value, error } = useCall('bytes', { address: from, length });
  // A read ends at its first fault. What stands on the screen behind that is no more than a page away.
  const more = value && afterFault(value, length);
  const behind = useCall('bytes', more).value;
  const rest = behind !== undefined && behind.address === more?.address ? behind : undefined;
  const motion = useListMotion(screen.id, rows, rowsHeight);
  useCommands((command) => {
    if (motion(command) || command !== 'copy') return;
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind === 'bytes') app.copy(addressPlus(now.address, now.place.cursor * lineBytes));
  });
  const head: Line = [' ', ['title', screen.address], `  ${screen.what}  ${bytesText(screen.length)}`];
  const body =
    value === undefined
      ? notReadyBody(error, width, 'reading…')
      : [head, ...hexLines(value, length, screen.place.cursor - top, rest)];
  const status = [`${grouped(screen.place.cursor + 1)} of ${grouped(rows)} lines`];
  return (
    <Frame
      width={width}
      height={height}
      context="bytes"
      body={body}
      selected={value ? screen.place.cursor - top + 1 : undefined}
      status={status}
    />
  );
}
