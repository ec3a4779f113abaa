// The layers of ARCHITECTURE.md: a layer imports only from layers before it.
const layers = [
  'bytes',
  'elf',
  'dwarf-parser',
  'image',
  'gosym',
  'layout',
  'target',
  'runtime',
  'analysis',
  'output',
  'session',
  'cli',
];

const layerRules = layers.map((layer, i) => ({
  name: `${layer}-imports-only-from-above`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: `^(src/(${[...layers.slice(i + 1), 'nothing'].join('|')})/|tui/)`, dynamic: false },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '\\.d\\.ts$|^src/index\\.ts$' }, to: {} },
    {
      name: 'dwarf-parser-stands-alone',
      comment: 'it knows nothing of Go, of ELF or of this program: only bytes',
      severity: 'error',
      from: { path: '^src/dwarf-parser/' },
      to: { path: '^src/', pathNot: '^src/(dwarf-parser|bytes)/' },
    },
    {
      name: 'tui-sees-session-and-formats-only',
      severity: 'error',
      from: { path: '^tui/' },
      to: {
        path: '^src/',
        pathNot: '^src/(session/(client|protocol)|output/format|analysis/results|layout/results)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-elf-adapter-uses-elfy',
      severity: 'error',
      from: { pathNot: '^src/elf/elfy-adapter\\.ts$' },
      to: { path: 'node_modules/elfy' },
    },
    {
      name: 'engine-never-loads-react',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/(react|ink)/' },
    },
    {
      name: 'no-dev-tools',
      severity: 'error',
      from: { path: '^(src|tui)/' },
      to: { path: 'node_modules/(vitest|typescript)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
};
