// Copying through the terminal itself (OSC 52), which works over ssh. A terminal that does not know it ignores it.

/** The sequence that puts `text` into the clipboard; wrapped for tmux where it runs inside one. */
export function copySequence(text: string, insideTmux: boolean): string {
  const sequence = `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
  return insideTmux ? `\u001bPtmux;${sequence.replaceAll('\u001b', '\u001b\u001b')}\u001b\\` : sequence;
}
