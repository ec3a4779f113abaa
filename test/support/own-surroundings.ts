// vitest's setup for each file of tests: what a user's environment would change is the same everywhere, and what programs keep for the next run is kept apart from other files' and from the user's own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const cache = mkdtempSync(join(tmpdir(), 'spanscope-test-cache-'));
process.env.XDG_CACHE_HOME = cache;
for (const name of ['NO_COLOR', 'FORCE_COLOR', 'TMUX']) delete process.env[name];
afterAll(() => rmSync(cache, { recursive: true, force: true }));
