using 'main.bicep'

param name = 'deskwright'
// Of the registrations that 'python -m deployment register' makes (docs/deploy.md).
param apiClientId = '00000000-0000-0000-0000-000000000000'
// Only where customers have directories of their own.
param appClientId = ''
param tags = {
  service: 'deskwright'
}
