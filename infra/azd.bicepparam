using 'azd.bicep'

// azd gives its environment's values as variables; deployment/steps.py gives the same ones without azd.
var addresses = replace(readEnvironmentVariable('DESKWRIGHT_ALLOWED_ADDRESSES', ''), ' ', '')
var people = replace(readEnvironmentVariable('DESKWRIGHT_ALERT_ADDRESSES', ''), ' ', '')
// A workflow gives what nobody has set as an empty value.
var exportEvery = readEnvironmentVariable('DESKWRIGHT_EXPORT_EVERY_HOURS', '')
var exportsKept = readEnvironmentVariable('DESKWRIGHT_EXPORTS_KEPT_IN_DAYS', '')
var everyExportKept = readEnvironmentVariable('DESKWRIGHT_EVERY_EXPORT_KEPT_IN_DAYS', '')
var operationsKept = readEnvironmentVariable('DESKWRIGHT_OPERATIONS_KEPT_IN_DAYS', '')
var usageKept = readEnvironmentVariable('DESKWRIGHT_USAGE_KEPT_IN_DAYS', '')

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'deskwright')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param apiClientId = readEnvironmentVariable('DESKWRIGHT_API_CLIENT_ID', '')
param signInClientId = readEnvironmentVariable('DESKWRIGHT_SIGN_IN_CLIENT_ID', '')
param signInDirectory = toLower(readEnvironmentVariable('DESKWRIGHT_FOR_CUSTOMERS', 'false')) == 'true' ? 'organizations' : readEnvironmentVariable('AZURE_TENANT_ID', '')
param appClientId = readEnvironmentVariable('DESKWRIGHT_APP_CLIENT_ID', '')
param allowedAddresses = empty(addresses) ? [] : split(addresses, ',')
param alertAddresses = empty(people) ? [] : split(people, ',')
param exportEveryHours = int(empty(exportEvery) ? '24' : exportEvery)
param exportsKeptInDays = int(empty(exportsKept) ? '30' : exportsKept)
param everyExportKeptInDays = int(empty(everyExportKept) ? '2' : everyExportKept)
param operationsKeptInDays = int(empty(operationsKept) ? '90' : operationsKept)
param usageKeptInDays = int(empty(usageKept) ? '90' : usageKept)
