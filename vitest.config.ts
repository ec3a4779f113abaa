import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/matrix/**'],
    // For a machine that does much else: nothing is proved by how fast it is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: ['test/support/build-once.ts'],
  },
});
