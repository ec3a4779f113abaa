import { defineConfig } from 'vitest/config';

// Tests against programs that every Go release built: `npm run test:matrix` prepares them, then runs this.
export default defineConfig({
  test: {
    include: ['test/matrix/**/*.matrix.ts'],
    testTimeout: 180_000,
    globalSetup: ['test/support/build-once.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
