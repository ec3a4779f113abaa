// What the terminal UI starts as its worker thread.
const { parentPort, workerData } = require('node:worker_threads');

require('./load.js').loadBundle('program').exports.serveEngine(parentPort, workerData);
