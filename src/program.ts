// The bundle's entry: what src/launch/ calls, and nothing else.
export { main } from './cli/main.js';
export { serveEngine } from './session/engine-worker.js';
