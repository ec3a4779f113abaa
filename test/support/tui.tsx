// The terminal UI on a headless terminal, over any session, with keys typed in.
import { EventEmitter } from 'node:events';
import { render } from 'ink';
import type { SessionClient } from '../../src/session/client.js';
import type { OpenRequest } from '../../src/session/protocol.js';
import { App } from '../../tui/app.js';
import { createNavigation, type NavigationStore } from '../../tui/hooks/use-navigation.js';
import { FrameWriter } from '../../tui/terminal/frame-writer.js';
import type { Size } from '../../tui/terminal/size.js';
import { UiSession } from '../../tui/ui-session.js';
import { createScreen, type Screen } from './screen.js';

export interface TuiUnderTest {
  readonly screen: Screen;
  readonly navigation: NavigationStore;
  /** Keys as a terminal sends them. */
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  quitted(): boolean;
  copied(): readonly string[];
  /** Path → lines. */
  readonly exported: ReadonlyMap<string, readonly string[]>;
  readonly writer: FrameWriter;
  stop(): void;
}

class Keyboard extends EventEmitter {
  readonly isTTY = true;
  private readonly chunks: string[] = [];
  send(keys: string): void {
    this.chunks.push(keys);
    this.emit('readable');
  }
  read(): string | null {
    return this.chunks.shift() ?? null;
  }
  setEncoding(): void {}
  setRawMode(): void {}
  ref(): void {}
  unref(): void {}
}

export interface TuiSetup {
  readonly columns?: number;
  readonly rows?: number;
  readonly color?: boolean;
  readonly ascii?: boolean;
  readonly request?: OpenRequest;
}

export function startTui(client: SessionClient, setup: TuiSetup = {}): TuiUnderTest {
  const { columns = 80, rows = 24, color = true, ascii = false } = setup;
  const screen = createScreen(columns, rows);
  const writer = new FrameWriter(screen, columns, rows);
  const keyboard = new Keyboard();
  const navigation = createNavigation();
  const copied: string[] = [];
  const exported = new Map<string, readonly string[]>();
  let quitted = false;
  let tell: (size: Size) => void = () => undefined;
  const app = render(
    <App
      session={new UiSession(client, setup.request ?? { files: [], options: {} })}
      navigation={navigation}
      theme={{ color, ascii }}
      initialSize={{ columns, rows }}
      onSize={(listener) => {
        tell = listener;
        return () => undefined;
      }}
      onQuit={() => {
        quitted = true;
      }}
      onRedraw={() => writer.redraw()}
      onSuspend={() => undefined}
      onCopy={(text) => copied.push(text)}
      onExport={async (path, lines) => {
        const all: string[] = [];
        for await (const line of lines) all.push(line);
        exported.set(path, all);
      }}
    />,
    {
      stdout: writer as unknown as NodeJS.WriteStream,
      stdin: keyboard as unknown as NodeJS.ReadStream,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    },
  );
  return {
    screen,
    navigation,
    writer,
    type: (keys) => keyboard.send(keys),
    resize(nextColumns, nextRows) {
      screen.resize(nextColumns, nextRows);
      writer.resize(nextColumns, nextRows);
      tell({ columns: nextColumns, rows: nextRows });
    },
    quitted: () => quitted,
    copied: () => copied,
    exported,
    stop() {
      app.unmount();
      writer.close();
      screen.dispose();
    },
  };
}
