// Go's own dump of its goroutines (GOTRACEBACK=crash, SIGQUIT), taken apart: what the program said of itself, for tests to compare with.

export interface DumpedFrame {
  readonly func: string;
  file?: string;
  line?: number;
  /** Bytes behind the entry, and SP, in hex; absent for inlined calls and where the dump has none. */
  offset?: string;
  sp?: string;
}

export interface DumpedGoroutine {
  readonly goid: number;
  /** What stands in brackets: `chan receive, 3 minutes`. */
  readonly state: string;
  readonly frames: DumpedFrame[];
  /** Frames left out: none, all behind those shown, or so many in the middle. */
  elided: 0 | 'rest' | number;
  createdBy?: DumpedFrame & { goid?: number };
}

/** Every block that begins with `goroutine N [`; what stands between blocks is passed over. */
export function parseDump(text: string): DumpedGoroutine[] {
  const goroutines: DumpedGoroutine[] = [];
  let open: DumpedGoroutine | undefined;
  let last: DumpedFrame | undefined;
  for (const line of text.split('\n')) {
    const head = /^goroutine (\d+) (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[(.*?)\](?: \{.*\})?:$/.exec(line);
    if (head) {
      open = { goid: Number(head[1]), state: head[2]!, frames: [], elided: 0 };
      goroutines.push(open);
      continue;
    }
    if (!open) continue;
    const place = /^\t(.*):(\d+)(?: \+0x([0-9a-f]+))?(?: fp=0x[0-9a-f]+ sp=0x([0-9a-f]+).*)?$/.exec(line);
    const created = /^created by (.*?)(?: in goroutine (\d+))?$/.exec(line);
    const middle = /^\.\.\.(\d+) frames elided\.\.\.$/.exec(line);
    if (line === '') open = undefined;
    else if (line === '...additional frames elided...') open.elided = 'rest';
    else if (middle) open.elided = Number(middle[1]);
    else if (created) {
      last = { func: created[1]! };
      open.createdBy = created[2] === undefined ? last : Object.assign(last, { goid: Number(created[2]) });
    } else if (place && last) {
      Object.assign(last, { file: place[1], line: Number(place[2]) });
      if (place[3] !== undefined) last.offset = place[3];
      if (place[4] !== undefined) last.sp = place[4];
    } else if (/^[\w\p{L}.%/$()*[\]·{}\-~]+\(.*\)$/u.test(line)) {
      last = { func: line.slice(0, line.lastIndexOf('(')) };
      open.frames.push(last);
    }
  }
  return goroutines;
}
