// Preloaded into a measured process: at its end it writes its own CPU time and peak memory to the file named in the environment.
const { writeFileSync } = require('node:fs');
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(
    process.env.SPANSCOPE_BENCH_FILE,
    JSON.stringify({ cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 }),
  );
});
