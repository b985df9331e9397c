using 'main.bicep'

param name = 'deskwright'
// From the app registration of docs/operations.md, step 1.
param apiClientId = '00000000-0000-0000-0000-000000000000'
// Only where customers have directories of their own; from step 4.
param appClientId = ''
param tags = {
  service: 'deskwright'
}
