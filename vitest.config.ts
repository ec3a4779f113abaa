import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/matrix/**'],
    // For what hangs, and nothing else: no test is about how long anything takes, and a machine may be slow and busy.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    setupFiles: ['test/support/own-surroundings.ts'],
    globalSetup: ['test/support/build-once.ts'],
  },
});
