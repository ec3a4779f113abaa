import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/matrix/**'],
    testTimeout: 30_000,
    globalSetup: ['test/support/build-once.ts'],
  },
});
