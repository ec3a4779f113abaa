// The first screen: what it says, how it is cut, and where its lines lead.
import { describe, expect, it } from 'vitest';
import { currentScreen } from '../../tui/navigation.js';
import type { FakeOptions } from '../support/fake-session.js';
import { start } from '../support/fake-tui.js';

describe('the overview', () => {
  it('is framed at once, then filled', async () => {
    const { screen, session } = start({ held: ['openTarget'] });
    const first = await screen.waitFor('opening…');
    expect(first.split('\n')[1]).toBe('─'.repeat(80));
    session.release('openTarget');
    await screen.waitFor('HeapInuse');
  });

  it('fits 80×24 with version, totals, classes, reconciliation and findings', async () => {
    const { screen } = start();
    const text = await screen.waitFor('GOGC 100');
    for (const part of [
      'go1.22.5 linux/amd64',
      'core.1234',
      '48,211 in use',
      'cycle 812',
      '27n',
      '✓ HeapInuse',
      '✗ HeapAlloc',
      'M fragmentation',
      'go build id matches',
      '✓ holds for 64 of 64',
      'layout table go1.22.5/amd64',
    ]) {
      expect(text, part).toContain(part);
    }
    for (const line of await screen.lines()) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('calls what differs in a process that runs on moving, not wrong', async () => {
    const row = { counter: 'memstats.heapStats', moving: true as const };
    const { screen } = start({
      overview: {
        reconciliation: [
          {
            ...row,
            what: 'HeapAlloc',
            ours: 1_288_490_188,
            runtime: 1_300_000_000,
            agrees: false,
            note: 'a few objects',
          },
        ],
      },
    });
    const text = await screen.waitFor('HeapAlloc');
    expect(text).toMatch(/~ HeapAlloc +1,288,490,188 {2}moving, within 1%\s+memstats\.heapStats 1,300,000,000/);
    expect(text).not.toContain('✗');
  });

  it('is asked for anew by «:refresh», whatever was known before', async () => {
    const options: { overview: NonNullable<FakeOptions['overview']> } = { overview: {} };
    const { screen, type, session } = start(options);
    await screen.waitFor('cycle 812');
    options.overview = { gc: { phase: 'mark', numGC: 813 } };
    type(':refresh\r');
    const text = await screen.waitFor('cycle 813');
    expect(text).toContain('phase mark');
    expect(session.calls.map(({ call }) => call)).toEqual(['openTarget', 'overview', 'openTarget', 'overview']);
  });

  it('shortens a long path rather than what was found about the file', async () => {
    const path = `/srv/${'deep/'.repeat(30)}server`;
    const { screen } = start({
      overview: { binary: { path, goBuildId: 'a/b', gnuBuildId: null, matches: 'go' } },
    });
    const text = await screen.waitFor('GOGC');
    expect(text).toMatch(/binary +….*deep\/server {2}\(go build id matches\)/);
  });

  it('shows what stands below the last class when the cursor is there', async () => {
    const { screen, type } = start({}, { columns: 60, rows: 16 });
    expect(await screen.waitFor('lines more')).not.toContain('findings');
    type('G');
    await screen.waitFor('findings');
    expect((await screen.text()).split('\n').some((line) => line.startsWith('▶'))).toBe(true);
  });

  it('says last what damage means, and calls no table empty that can not be read', async () => {
    const warnings = [1, 2, 3, 4, 5, 6].map((n) => `segment ${n} is cut`);
    const { screen, type } = start({
      spans: 0,
      overview: { spans: null, classes: [], warnings: [...warnings, 'none of the 9 mspans can be read'] },
    });
    const text = await screen.waitFor('none of the 9 mspans');
    expect(text).toContain('segment 1 is cut');
    expect(text).toContain('… 4 more');
    type(':spans\r');
    expect(await screen.waitFor('⨯ no mspan can be read')).not.toContain('has no spans');
  });

  it('names its q by what it does', async () => {
    const { screen, type } = start({}, { columns: 120 });
    expect(await screen.waitFor('GOGC')).toContain('q quit');
    type(':layouts\r');
    expect(await screen.waitFor(/mspan +160/)).toContain('q back');
  });

  it('opens the spans of the class under the cursor', async () => {
    const { screen, type, navigation } = start();
    await screen.waitFor('GOGC');
    type('jj\r');
    await screen.waitFor('/class=27 noscan');
    expect(currentScreen(navigation.get())).toMatchObject({
      kind: 'spans',
      query: { filter: 'class=27 noscan state=inuse' },
    });
  });

  it('says why nothing can be shown', async () => {
    const { screen } = start({
      errors: {
        overview: {
          code: 'root-not-found',
          subject: 'runtime.mheap_',
          why: 'no symbol and no DWARF',
          hint: 'name it with --root',
        },
      },
    });
    const text = await screen.waitFor('no symbol and no DWARF');
    expect(text).toContain('name it with --root');
  });

  it('shows unknown numbers as ?, never as 0', async () => {
    const { screen } = start({ overview: { gc: { phase: null, numGC: null, gcPercent: null, heapLive: null } } });
    expect(await screen.waitFor('cycle')).toContain('cycle ?  phase ?  live ?  GOGC ?');
  });
});
