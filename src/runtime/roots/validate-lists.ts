// Proves allgs, allp and allm: their elements link to each other as only g, p and m do (runtime/runtime2.go, proc.go).
import {
  contradicts,
  holds,
  noSlice,
  readAllp,
  readSlice,
  type Scene,
  unreadable,
  untold,
  type Verdict,
} from './validate.js';

const sampledGs = 64;
const maxMs = 100_000;
const maxPs = 1 << 16;
const maxGs = 2 ** 26;

/** allgs is a slice of *g; g.sched.g == g for every g that has run. */
export function validateAllgs({ memory, layout }: Scene, address: number): Verdict {
  const self = layout.field('g', 'sched.g');
  if (!self) return untold('the layout has no g.sched.g');
  const slice = readSlice(memory, address);
  if (!slice || slice.length > maxGs) return noSlice(memory, address, 'allgs');
  if (slice.length === 0) return contradicts('allgs is empty');
  if (slice.array % memory.pointerSize !== 0) return contradicts('allgs leads to no pointers');
  let checked = 0;
  let held = 0;
  let ran = 0;
  const step = Math.max(1, Math.floor(slice.length / sampledGs));
  for (let i = 0; i < slice.length; i += step) {
    const g = memory.word(slice.array + i * memory.pointerSize);
    if (g === 0) return contradicts(`allgs[${i}] is nil`);
    const back = g && memory.word(g + self.offset);
    if (back === undefined) continue;
    checked += 1;
    if (back === g) ran += 1;
    if (back === g || back === 0) held += 1;
  }
  const why = `g.sched.g leads back for ${held} of ${checked} sampled of ${slice.length}`;
  if (checked === 0) return unreadable('no g could be read');
  // Nearly every g has run: zeros are no g's.
  return held === checked && ran * 2 > checked ? holds(why) : contradicts(why);
}

/** allp holds *p with allp[i].id == i; the first of them has an mcache. */
export function validateAllp(scene: Scene, address: number): Verdict {
  const { memory, layout } = scene;
  const id = layout.field('p', 'id');
  const mcache = layout.field('p', 'mcache');
  if (!id || !mcache) return untold('the layout has no p.id');
  const slice = readAllp(scene, address);
  if (!slice || slice.length > maxPs) return noSlice(memory, address, 'allp');
  if (slice.length === 0) return contradicts('allp is empty');
  let checked = 0;
  for (let i = 0; i < slice.length; i += 1) {
    const p = memory.word(slice.array + i * memory.pointerSize);
    const value = p ? memory.uint32(p + id.offset) : undefined;
    if (value === undefined) continue;
    if (value !== i) return contradicts(`allp[${i}].id is ${value}`);
    if (p && i === 0 && memory.word(p + mcache.offset) === 0) return contradicts('allp[0] has no mcache');
    checked += 1;
  }
  return checked > 0 ? holds(`allp[i].id == i for ${checked} P`) : unreadable('no p could be read');
}

/** allm heads a list through m.alllink that ends in nil; m.g0.m == m for each. */
export function validateAllm({ memory, layout }: Scene, address: number): Verdict {
  const alllink = layout.field('m', 'alllink');
  const g0 = layout.field('m', 'g0');
  const gm = layout.field('g', 'm');
  if (!alllink || !g0 || !gm) return untold('the layout has no m.alllink');
  const seen = new Set<number>();
  let led = 0;
  let m = memory.word(address);
  if (m === 0) return contradicts('allm is nil');
  while (m !== undefined && m !== 0) {
    if (seen.has(m) || seen.size > maxMs) return contradicts('the list through m.alllink loops');
    seen.add(m);
    const g = memory.word(m + g0.offset);
    if (g) {
      const back = memory.word(g + gm.offset);
      if (back !== undefined && back !== m) return contradicts(`m ${seen.size - 1}: g0.m does not lead back`);
      if (back === m) led += 1;
    }
    m = memory.word(m + alllink.offset);
  }
  if (m === undefined) return unreadable('the list through m.alllink leaves readable memory');
  const why = `${seen.size} m through alllink, g0.m leads back for ${led}`;
  return led > 0 ? holds(why) : untold(why);
}
