// The program on the screen: turns keys into commands, does those that are the same everywhere, and shows the screen on top of the stack.
import { Text } from 'ink';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { createServices, handleKey } from './actions.js';
import { HelpOverlay } from './components/help-overlay.js';
import { AppContext } from './hooks/use-app.js';
import { useKeys } from './hooks/use-keys.js';
import type { NavigationStore } from './hooks/use-navigation.js';
import { useNavigation } from './hooks/use-navigation.js';
import { useSessionVersion } from './hooks/use-session.js';
import { contextMark, needsWhatIsShown, screenContext } from './key-meaning.js';
import { KeyQueue, keyNames } from './keys.js';
import { currentScreen } from './navigation.js';
import type { Program } from './program.js';
import type { Screen } from './screen-state.js';
import { ArenasScreen } from './screens/arenas.js';
import { FindScreen } from './screens/find.js';
import { FindingScreen, FindingsScreen } from './screens/findings.js';
import { GcScreen } from './screens/gc.js';
import { StackScreen } from './screens/goroutine.js';
import { GoroutinesScreen } from './screens/goroutines.js';
import { HistogramScreen } from './screens/histogram.js';
import { HowScreen } from './screens/how.js';
import { LayoutDiffScreen } from './screens/layout-diff.js';
import { LayoutsScreen } from './screens/layouts.js';
import { MarksScreen } from './screens/marks.js';
import { MemoryScreen } from './screens/memory.js';
import { OverviewScreen } from './screens/overview.js';
import { PointersScreen } from './screens/pointers.js';
import { SpanScreen } from './screens/span.js';
import { SpansScreen } from './screens/spans.js';
import { StructScreen } from './screens/struct.js';
import { ThreadsScreen } from './screens/threads.js';
import { minimumSize, type Size } from './terminal/size.js';
import type { Theme } from './theme.js';
import type { UiSession } from './ui-session.js';

export interface AppProps extends Program {
  readonly session: UiSession;
  readonly navigation: NavigationStore;
  readonly theme: Theme;
  readonly initialSize: Size;
  /** Tells of new sizes; returns the way to stop. */
  readonly onSize: (listener: (size: Size) => void) => () => void;
}

export function App(props: AppProps) {
  const { session, navigation, theme } = props;
  const state = useNavigation(navigation);
  useSessionVersion(session);
  const [size, setSize] = useState(props.initialSize);
  const sizeRef = useRef(size);
  sizeRef.current = size;
  const propsRef = useRef(props);
  propsRef.current = props;
  const { services, queue } = useMemo(() => {
    const needsScreen = (key: string) => needsWhatIsShown(navigation.get(), key);
    const keys: KeyQueue = new KeyQueue((key) => {
      const before = contextMark(navigation.get());
      handleKey(made, key, sizeRef.current, propsRef.current);
      return contextMark(navigation.get()) === before ? 'next' : 'wait';
    }, needsScreen);
    const made = createServices(session, navigation, theme, keys, (text) => propsRef.current.onCopy(text));
    return { services: made, queue: keys };
  }, [session, navigation, theme]);
  useEffect(() => props.onSize(setSize), [props.onSize]);
  useKeys((input) => queue.push(keyNames(input)));
  // After each drawing the keys that waited for this screen go on.
  useLayoutEffect(() => queue.resume());

  if (size.columns < minimumSize.columns || size.rows < minimumSize.rows) {
    return (
      <Text wrap="truncate">{`terminal too small (${size.columns}×${size.rows}): needs ${minimumSize.columns}×${minimumSize.rows}`}</Text>
    );
  }
  const screen = currentScreen(state);
  return (
    <AppContext.Provider value={services}>
      {/* The screen below the help draws nothing, but stays: what it has asked for goes on. */}
      <Top key={screen.id} screen={screen} size={size} />
      {state.help && <HelpOverlay context={screenContext(screen)} width={size.columns} height={size.rows} />}
    </AppContext.Provider>
  );
}

function Top({ screen, size }: { readonly screen: Screen; readonly size: Size }) {
  const { columns: width, rows: height } = size;
  switch (screen.kind) {
    case 'overview':
      return <OverviewScreen screen={screen} width={width} height={height} />;
    case 'spans':
      return <SpansScreen screen={screen} width={width} height={height} />;
    case 'span':
      return <SpanScreen screen={screen} width={width} height={height} />;
    case 'memory':
      return <MemoryScreen screen={screen} width={width} height={height} />;
    case 'gc':
      return <GcScreen screen={screen} width={width} height={height} />;
    case 'arenas':
      return <ArenasScreen screen={screen} width={width} height={height} />;
    case 'findings':
      return <FindingsScreen screen={screen} width={width} height={height} />;
    case 'finding':
      return <FindingScreen screen={screen} width={width} height={height} />;
    case 'how':
      return <HowScreen screen={screen} width={width} height={height} />;
    case 'find':
      return <FindScreen screen={screen} width={width} height={height} />;
    case 'histogram':
      return <HistogramScreen screen={screen} width={width} height={height} />;
    case 'goroutines':
      return <GoroutinesScreen screen={screen} width={width} height={height} />;
    case 'goroutine':
    case 'thread':
      return <StackScreen screen={screen} width={width} height={height} />;
    case 'threads':
      return <ThreadsScreen screen={screen} width={width} height={height} />;
    case 'pointers':
      return <PointersScreen screen={screen} width={width} height={height} />;
    case 'marks':
      return <MarksScreen screen={screen} width={width} height={height} />;
    case 'layouts':
      return <LayoutsScreen screen={screen} width={width} height={height} />;
    case 'struct':
      return <StructScreen screen={screen} width={width} height={height} />;
    case 'layout-diff':
      return <LayoutDiffScreen screen={screen} width={width} height={height} />;
  }
}
