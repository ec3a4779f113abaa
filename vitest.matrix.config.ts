import { defineConfig } from 'vitest/config';

// Tests against programs that every Go release built: `npm run test:matrix` prepares them, then runs this.
export default defineConfig({
  test: {
    include: ['test/matrix/**/*.matrix.ts'],
    // For what hangs, and nothing else.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    setupFiles: ['test/support/own-surroundings.ts'],
    globalSetup: ['test/support/build-once.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
