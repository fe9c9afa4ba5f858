export { metricsDocs } from './docs.ts'
export { Metrics, type Observed } from './metrics.ts'
export { serveMetrics, type MetricsServer, type ServeOptions } from './serve.ts'
