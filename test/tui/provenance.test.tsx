// Where every number comes from, as the screens say it: layouts that were measured, inferred or stand in; roots that are sure or not.
import { afterEach, describe, expect, it } from 'vitest';
import type { LayoutShowResult } from '../../src/layout/results.js';
import { addrOf, createFakeSession, type FakeOptions } from '../support/fake-session.js';
import { startTui, type TuiUnderTest } from '../support/tui.js';

let running: TuiUnderTest | undefined;
afterEach(() => running?.stop());

function start(options: FakeOptions = {}, columns = 80) {
  running = startTui(createFakeSession(options), { columns });
  return running;
}

const inferredLayout: Partial<LayoutShowResult> = {
  source: 'inferred',
  exact: false,
  structs: {
    mspan: {
      size: 160,
      fields: {
        startAddr: { offset: 24, size: 8, type: 'uintptr', confidence: 1, alternatives: [] },
        freeindex: { offset: 48, size: 2, type: 'uint16', confidence: 0.5, alternatives: [52, 88] },
        sweepgen: { offset: 88, size: 4, type: 'uint32', source: 'table' },
      },
    },
    mheap: { size: 90_000, fields: { lock: { offset: 0, size: 8, type: 'mutex', source: 'table' } } },
  },
};

describe('the status bar', () => {
  it('says in short that all is sure', async () => {
    expect(await start({}, 100).screen.waitFor('GOGC')).toContain('layout table go1.22.5/amd64 · roots ✓');
  });

  it('marks what stands in, and counts the roots that are not sure', async () => {
    const { screen } = start({ opened: { layoutText: '~table go1.22.5/amd64', rootsText: '2 roots ?' } });
    expect(await screen.waitFor('GOGC')).toContain('layout ~table go1.22.5/amd64 · 2 roots ?');
  });
});

describe('inferred offsets', () => {
  it('show how sure they are, and where else they could stand', async () => {
    const { screen, type } = start({ layout: inferredLayout });
    type(':layouts\r');
    expect(await screen.waitFor(/mspan +~ +160/)).toMatch(/mheap {2,}90,000/);
    type('\r');
    const text = await screen.waitFor('struct mspan');
    expect(text).toMatch(/startAddr +uintptr +~ 1\.00\s/);
    expect(text).toMatch(/freeindex +uint16 +~ 0\.50 or 52 88/);
    expect(text).toMatch(/sweepgen +uint32 +table/);
    expect(text).toContain('mspan.startAddr: uintptr, 8 bytes at 24; told from the image: 100% sure');
    type('j');
    const tie = await screen.waitFor('mspan.freeindex:');
    expect(tie.replaceAll(/\s+/g, ' ')).toContain(
      'mspan.freeindex: uint16, 2 bytes at 48; told from the image: 50% sure; a tie: it may as well stand at 52, 88 (sweepgen)',
    );
  });

  it('mark each number that was read by them', async () => {
    const layout = { name: 'inferred', source: 'inferred', exact: false, validated: { checked: 9, held: 9, ok: true } };
    const source = 'inferred' as const;
    const { screen, type } = start({
      opened: { told: ['mspan'], layoutText: '~inferred' },
      overview: { layout: layout as never },
      detail: { fields: { freeindex: { offset: 48, size: 2, type: 'uint16', value: 1112, source } } },
    });
    const overview = await screen.waitFor('GOGC');
    expect(overview).toMatch(/heap in use .* ~\S+ \S+ in objects of ~/);
    expect(overview).toContain('~48,211 in use');
    type(':spans\r');
    const table = await screen.waitFor('1 of 1,000');
    expect(table).toMatch(/▶ ~0xc000000000 +~5 +~48 B +~170 +~107 +~112 +~1626 +~inuse/);
    expect(table).not.toContain('~inu…');
    type('\r\t');
    const fields = await screen.waitFor('[fields]');
    expect(fields).toMatch(/freeindex +~1,112 +uint16 +inferred/);
    expect(fields).toContain(addrOf(0));
  });
});

describe('«how it was found»', () => {
  it('tells the way to each root, what makes it sure, and what was refused', async () => {
    const { screen, type } = start({
      provenance: {
        roots: {
          'runtime.mheap_': {
            address: '0x552860',
            method: 'structure',
            confirmedBy: ['structure', 'code'],
            state: 'confirmed',
            detail: 'central[i].spanclass == i',
          },
          'runtime.work': { address: '0x552000', method: 'structure', confirmedBy: [], state: 'unconfirmed' },
          'runtime.allgs': { state: 'absent', detail: 'no finder knows it' },
        },
        refusals: { 'runtime.mheap_': [{ method: 'symtab', address: '0x1000', why: 'central[1].spanclass is 0' }] },
      },
    });
    type('w');
    const text = await screen.waitFor('1 of 3 confirmed; 1 answer refused');
    expect(text).toMatch(/✓ runtime\.mheap_ +0x552860 +confirmed/);
    expect(text).toContain('found by its shape in the data, confirmed by what it holds and');
    expect(text).toMatch(/✗ not 0x1000, named by the symbol table: central\[1\]\.spanclass is\s+0/);
    expect(text).toMatch(/\? runtime\.work +0x552000 +unconfirmed/);
    expect(text).toMatch(/– runtime\.allgs +– +absent/);
  });

  it('does not call a release measured that only stands between two that were', async () => {
    const layout = { name: 'table go1.22.5/amd64', source: 'table', exact: true } as const;
    const note = 'go1.22.7 stands between go1.22.5 and go1.22.12, which agree';
    const validated = { checked: 64, held: 64, ok: true };
    const { screen, type } = start({ provenance: { layout: { ...layout, note, validated } } });
    type('w');
    const text = await screen.waitFor('go1.22.7 stands between');
    expect(text).not.toContain('measured on this release');
    running?.stop();
    const plain = start({ provenance: { layout: { ...layout, validated } } });
    plain.type('w');
    await plain.screen.waitFor('table go1.22.5/amd64, measured on this release');
  });
});

describe('the pane of what is verified', () => {
  it('shows what the image says where there is no DWARF', async () => {
    const { screen, type } = start({
      verify: {
        checked: 2,
        mismatches: [
          {
            struct: 'mspan',
            field: 'freeindex',
            table: { offset: 48, size: 2, type: 'uint16' },
            dwarf: null,
            image: { fails: ['allocCount'], fits: [56] },
          },
        ],
        unknown: [],
        image: {
          counts: { allspans: 9, inuse: 8, ps: 2, ms: 3, gs: 4 },
          invariants: [
            {
              name: 'allocCount',
              what: 'is so',
              fields: ['mspan.freeindex'],
              checked: 8,
              violated: 7,
              lawful: 0,
              verdict: 'fails',
            },
            {
              name: 'limit',
              what: 'is so',
              fields: ['mspan.startAddr'],
              checked: 8,
              violated: 0,
              lawful: 0,
              verdict: 'holds',
            },
          ],
          fields: {
            'mspan.startAddr': { offset: 24, checked: 8, violated: 0, invariants: ['limit'], alsoFits: [] },
            'mspan.freeindex': { offset: 48, checked: 8, violated: 7, invariants: ['allocCount'], alsoFits: [56] },
          },
          suspects: ['mspan.freeindex'],
          sameAs: [],
        },
      },
    });
    type(':layouts\rv');
    const text = await screen.waitFor('does not fit the image: 1 of 2 invariants fail');
    expect(text).toMatch(/✗ mspan\.freeindex +at 48: fits at 56/);
    expect(text).toMatch(/✗ allocCount +7 of 8 not/);
    expect(text).toMatch(/✓ limit +8/);
    type('q:layouts\r\rv');
    const fields = await screen.waitFor('image ✗ 1 do not fit');
    expect(fields).toMatch(/startAddr +uintptr +✓/);
    expect(fields).toMatch(/freeindex +uint16 +✗ fits at 56/);
  });
});
