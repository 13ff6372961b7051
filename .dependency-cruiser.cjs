// Imports go down the flow only: contracts ← extraction ← activities ← workers. See docs/architecture.md.
const only = (room, ...allowed) => ({
  name: `${room}-imports-down`,
  severity: 'error',
  from: { path: `^${room}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^(telemetry|contracts|extraction|workflows|activities|workers|gateway|app|infra|scripts|tests|data)/', pathNot: `^(${[room, ...allowed].join('|')})/` },
})
module.exports = {
  forbidden: [
    only('telemetry'),
    only('contracts'),
    only('extraction', 'contracts', 'telemetry'),
    only('activities', 'contracts', 'extraction', 'telemetry'),
    { ...only('workflows', 'contracts'), to: { path: '^(telemetry|extraction|activities|workers|gateway|app|infra|scripts|tests|data)/', dependencyTypesNot: ['type-only'] } },
    only('workers', 'contracts', 'extraction', 'activities', 'workflows', 'data', 'telemetry'),
    only('gateway', 'contracts', 'telemetry'),
    only('app', 'contracts', 'extraction', 'telemetry'),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: { tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' }, exclude: { path: '\\.formwright' }, tsConfig: { fileName: 'tsconfig.json' }, enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'] } },
}
