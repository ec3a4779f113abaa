// The layouts: structs, releases, and what was verified.
import { describe, expect, it } from 'vitest';
import { start } from '../support/fake-tui.js';

describe('layouts', () => {
  it('lists structs, opens one, compares it with DWARF', async () => {
    const { screen, type } = start({
      verify: { mismatches: [{ struct: 'mspan', field: 'freeindex', table: 48, dwarf: 56 }] },
    });
    type(':layouts\r');
    await screen.waitFor(/mspan +160 +3/);
    type('\r');
    await screen.waitFor(/▶ +24 +8 +startAddr +uintptr/);
    type('v');
    const text = await screen.waitFor('dwarf ✗ differs in 1');
    expect(text).toContain('✗ dwarf 56');
    expect(text).toMatch(/allocBits +\*gcBits +✓/);
    type('q\t\t');
    const verify = await screen.waitFor('[verified]');
    expect(verify).toMatch(/mspan\.freeindex +table 48 {2}dwarf 56/);
  });

  it('marks a release and compares it with another', async () => {
    const { screen, type } = start();
    type(':layouts\r');
    await screen.waitFor('mspan');
    type('\t');
    await screen.waitFor('go1.21.0/amd64');
    type('djjd');
    const text = await screen.waitFor(/\+ largeType +152/);
    expect(text).toContain('go1.22.5/amd64 → go1.21.0/amd64');
    expect(text).toMatch(/− oldField +8/);
    expect(text).toMatch(/→ nelems +56 → +50/);
    expect(text).toMatch(/≠ freeindex +uintptr → uint16/);
  });

  it('takes releases and a struct on the command line', async () => {
    const { screen, type, session } = start();
    await screen.waitFor('GOGC');
    type(':layouts go1.21.0 go1.22.0 mspan\r');
    await screen.waitFor('size 168 → 160');
    expect(session.calls.find((call) => call.call === 'layoutDiff')?.params).toEqual({
      a: 'go1.21.0/amd64',
      b: 'go1.22.0/amd64',
    });
  });
});
