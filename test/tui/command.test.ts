import { describe, expect, it } from 'vitest';
import { commandHelp, completeCommand, parseCommand } from '../../tui/command.js';

describe('the command line', () => {
  it.each([
    ['spans', { kind: 'spans', filter: undefined }],
    [':spans', { kind: 'spans', filter: undefined }],
    ['spans class=5 used<70', { kind: 'spans', filter: 'class=5 used<70' }],
    ['spans /class=5', { kind: 'spans', filter: 'class=5' }],
    ['span 0xC000012000', { kind: 'span', address: '0xc000012000' }],
    ['goto c000012000', { kind: 'goto', address: '0xc000012000' }],
    ['0xc000012000', { kind: 'goto', address: '0xc000012000' }],
    ['bytes 0x10 32', { kind: 'memory', address: '0x10', length: 32 }],
    ['memory 0x10', { kind: 'memory', address: '0x10', length: 0 }],
    ['find 0xC000', { kind: 'find', address: '0xc000' }],
    ['histogram elemsize', { kind: 'histogram', column: 'elemsize' }],
    ['export a b.txt', { kind: 'export', path: 'a b.txt' }],
    ['arenas', { kind: 'arenas' }],
    ['layouts', { kind: 'layouts', a: undefined, b: undefined, struct: undefined }],
    ['layouts runtime.mspan', { kind: 'layouts', a: undefined, b: undefined, struct: 'mspan' }],
    ['layouts 1.21.0 go1.22.0/arm64 mspan', { kind: 'layouts', a: 'go1.21.0', b: 'go1.22.0/arm64', struct: 'mspan' }],
    ['layouts go1.22.0 go2.0', { kind: 'layouts', a: 'go1.22.0', b: 'go2.0', struct: undefined }],
    ['q', { kind: 'quit' }],
    ['help', { kind: 'help' }],
    ['  ', { kind: 'none' }],
  ])('understands :%s', (text, expected) => {
    expect(parseCommand(text)).toEqual(expected);
  });

  it.each([
    ['span', /needs an address/],
    ['span xyz', /xyz is not an address/],
    ['goto 0x12345678901234567', /is not an address/],
    ['bytes 0x10 -3', /-3 is not a number of bytes/],
    ['histogram blue', /takes a column: npages/],
    ['export', /needs the name of a new file/],
    ['memory 0xffffffffff600000', /lies above all/],
    ['spam', /no command :spam; did you mean :spans\?/],
    ['zzz', /no command :zzz/],
    ['layouts a b', /one struct; b is one too many/],
    ['layouts go1.20 go1.21 go1.22', /two releases, not more/],
  ])('says what is wrong with :%s', (text, words) => {
    const parsed = parseCommand(text);
    expect(parsed.kind).toBe('error');
    expect(parsed.kind === 'error' ? parsed.text : '').toMatch(words);
  });

  it('understands every command that the help names', () => {
    for (const { usage } of commandHelp) {
      const text = usage
        .replace('ADDRESS', '0x10')
        .replace('COLUMN', 'elemsize')
        .replace(/ ID$/, ' 18')
        .replaceAll(/\s*\[.*\]/g, '');
      expect(parseCommand(text).kind, usage).not.toBe('error');
    }
  });

  it('completes commands, filters and structs', () => {
    const known = { structs: ['mspan', 'mheap'], releases: ['go1.22.5/amd64'] };
    expect(completeCommand('ov', known)).toEqual({ text: 'overview ', candidates: ['overview'] });
    expect(completeCommand('sp', known)).toEqual({ text: 'span', candidates: ['spans', 'span'] });
    expect(completeCommand('spans cl', known).text).toBe('spans class=');
    expect(completeCommand('layouts msp', known).text).toBe('layouts mspan ');
    expect(completeCommand('layouts go', known).text).toBe('layouts go1.22.5/amd64 ');
    expect(completeCommand('zz', known)).toEqual({ text: 'zz', candidates: [] });
  });
});
