// Reads queries as JSON ({name: text}) and writes what Kusto's language service finds wrong ({name: [text]}).
// The columns: https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete (classic names, in a component).
require('@kusto/language-service-next/bridge.js')
require('@kusto/language-service-next')

const { Symbols, GlobalState, KustoCode } = globalThis.Kusto.Language
const common = [
  'timestamp: datetime, itemType: string, itemCount: int, itemId: string, customDimensions: dynamic',
  'customMeasurements: dynamic, operation_Name: string, operation_Id: string, cloud_RoleName: string, _BilledSize: real',
].join(', ')
const called = 'id: string, name: string, success: string, resultCode: string, duration: real'
const tables = {
  requests: `${called}, url: string`,
  dependencies: `${called}, target: string, type: string, data: string`,
  traces: 'message: string, severityLevel: int',
  exceptions: 'type: string, outerMessage: string, innermostMessage: string, problemId: string, severityLevel: int',
  customMetrics:
    'name: string, value: real, valueCount: int, valueSum: real, valueMin: real, valueMax: real, valueStdDev: real',
}
const symbols = Object.entries(tables).map(([name, columns]) =>
  Symbols.TableSymbol.From(`(${common}, ${columns})`).WithName(name),
)
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol('component', symbols))
const found = {}
for (const [name, query] of Object.entries(JSON.parse(require('node:fs').readFileSync(0, 'utf8')))) {
  const diagnostics = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics()
  found[name] = Array.from({ length: diagnostics.Count }, (_, index) => diagnostics.getItem(index)).map(
    (each) => `${each.Message} (${query.slice(each.Start, each.Start + each.Length)})`,
  )
}
console.log(JSON.stringify(found))
