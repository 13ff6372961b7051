/** OpenTelemetry's own variables, from the platform's options or from whoever started it: where traces go, if anywhere. */
const NAMES = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS']

export const traces = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = env[name] ?? process.env[name]
      return value ? [[name, value]] : []
    }),
  )
