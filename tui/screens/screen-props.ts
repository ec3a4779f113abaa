// What every screen gets: its own state, and the size of the whole terminal.
import type { Screen } from '../screen-state.js';

export interface ScreenProps<S extends Screen> {
  readonly screen: S;
  readonly width: number;
  readonly height: number;
}
