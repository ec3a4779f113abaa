import { render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import { createServices } from '../../tui/actions.js';
import type { Context } from '../../tui/bindings/binding.js';
import { Frame } from '../../tui/components/frame.js';
import { AppContext } from '../../tui/hooks/use-app.js';
import { createNavigation } from '../../tui/hooks/use-navigation.js';
import { KeyQueue } from '../../tui/keys.js';
import { memoryAt } from '../../tui/navigation.js';
import { start } from '../../tui/scrolling.js';
import { UiSession } from '../../tui/ui-session.js';
import { createFakeSession } from '../support/fake-session.js';

let stop: (() => void) | undefined;
afterEach(() => stop?.());

async function frame(
  context: Context,
  prepare: (navigation: ReturnType<typeof createNavigation>) => void = () => undefined,
) {
  const session = new UiSession(createFakeSession(), { files: [], options: {} });
  await session.whenOpen();
  const navigation = createNavigation();
  prepare(navigation);
  const services = createServices(
    session,
    navigation,
    { color: false, ascii: false },
    new KeyQueue(() => 'next'),
    () => undefined,
  );
  const { lastFrame, unmount } = render(
    <AppContext.Provider value={services}>
      <Frame width={80} height={10} context={context} body={[['first'], ['second']]} selected={1} status={['1 of 2']} />
    </AppContext.Provider>,
  );
  stop = unmount;
  return (lastFrame() ?? '').split('\n');
}

describe('the frame of a screen', () => {
  it('has crumbs and the Go version above, status and hints below, and fills its height', async () => {
    const lines = await frame('spans');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatch(/^ .*core\.1234.* › overview +go1\.22\.5 linux\/amd64$/);
    expect(lines[1]).toBe('─'.repeat(80));
    expect(lines[2]).toBe('first');
    expect(lines[3]).toMatch(/^\u001b\[7msecond/);
    expect(lines[8]).toBe('─'.repeat(80));
    expect(lines[9]).toMatch(/^ layout table go1\.22\.5\/amd64 · 1 of 2 .*open.*\?.* help$/);
  });

  it('shows a message in the place of the status', async () => {
    const lines = await frame('spans', (navigation) =>
      navigation.dispatch({ type: 'message', text: 'copied 0x10', bad: false }),
    );
    expect(lines[9]).toBe(' ✓ copied 0x10');
  });

  it('shows the prompt with what can be completed', async () => {
    const lines = await frame('spans', (navigation) =>
      navigation.dispatch({ type: 'prompt', prompt: { kind: 'command', text: 'sp', candidates: ['spans', 'span'] } }),
    );
    expect(lines[9]).toContain('sp');
    expect(lines[9]).toContain('spans span');
  });

  it('never loses the address of the last crumb', async () => {
    const lines = await frame('memory', (navigation) => {
      navigation.dispatch({
        type: 'push',
        screen: { kind: 'span', address: '0x7fa2d13e0fc0', pane: 'map', place: start, slot: start, search: '' },
      });
      navigation.dispatch({
        type: 'push',
        screen: memoryAt('0x434d7caec60', 48, 'slot 66'),
      });
      navigation.dispatch({
        type: 'push',
        screen: { kind: 'span', address: '0x7fa2d13e1060', pane: 'map', place: start, slot: start, search: '' },
      });
    });
    expect(lines[0]).toMatch(/ › … › .*0x7fa2d13e1060 +go1\.22\.5 linux\/amd64$/);
  });
});
