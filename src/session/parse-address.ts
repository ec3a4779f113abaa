// Addresses as they come in messages.
import { InspectError } from '../bytes/errors.js';

/** Throws where the text is no address, or one of 2^53 and more. */
export function parseAddress(text: string): number {
  const value = /^(0x[0-9a-f]{1,16}|\d{1,16})$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InspectError('unsupported', text, 'is no address');
  return value;
}
