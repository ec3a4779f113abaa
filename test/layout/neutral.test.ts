// A build with an experiment that moves no field is read by the release's own table.
import { expect, test } from 'vitest';
import { layoutFromTable } from '../../src/layout/load.js';

test.each(['goroutineleakprofile', 'jsonv2'])('%s', (experiment) => {
  const layout = layoutFromTable({ goVersion: 'go1.26.11', experiments: [experiment], goarch: 'amd64' });
  expect(layout).toMatchObject({ exact: true, goVersion: 'go1.26.11' });
});
