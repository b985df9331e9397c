using 'azd.bicep'

// Written by tests.infra.parameters, of the parameters of main.bicep. azd gives its environment's values as variables;
// a workflow gives what nobody has set as an empty one. Where a variable is empty, parameters.json counts, then the
// template's default. deployment/parameters.py reads the same without azd.
var file = any(loadJsonContent('parameters.json'))

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'deskwright')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param apiClientId = readEnvironmentVariable('DESKWRIGHT_API_CLIENT_ID', '')
param signInClientId = readEnvironmentVariable('DESKWRIGHT_SIGN_IN_CLIENT_ID', '')
param appClientId = readEnvironmentVariable('DESKWRIGHT_APP_CLIENT_ID', '')
param signInDirectory = toLower(readEnvironmentVariable('DESKWRIGHT_FOR_CUSTOMERS', 'false')) == 'true' ? 'organizations' : readEnvironmentVariable('AZURE_TENANT_ID', '')

var resourceGroupNameVariable = readEnvironmentVariable('DESKWRIGHT_RESOURCE_GROUP_NAME', '')
param resourceGroupName = empty(resourceGroupNameVariable) ? file.?resourceGroupName ?? '' : resourceGroupNameVariable

var makeResourceGroupVariable = readEnvironmentVariable('DESKWRIGHT_MAKE_RESOURCE_GROUP', '')
param makeResourceGroup = bool(empty(makeResourceGroupVariable) ? file.?makeResourceGroup ?? true : makeResourceGroupVariable)

var nameVariable = readEnvironmentVariable('DESKWRIGHT_NAME', '')
param name = empty(nameVariable) ? file.?name ?? 'deskwright' : nameVariable

var providerTenantIdVariable = readEnvironmentVariable('DESKWRIGHT_PROVIDER_TENANT_ID', '')
param providerTenantId = empty(providerTenantIdVariable) ? file.?providerTenantId ?? '' : providerTenantIdVariable

var maximumInstanceCountVariable = readEnvironmentVariable('DESKWRIGHT_MAXIMUM_INSTANCE_COUNT', '')
param maximumInstanceCount = int(empty(maximumInstanceCountVariable) ? file.?maximumInstanceCount ?? 40 : maximumInstanceCountVariable)

var logRetentionInDaysVariable = readEnvironmentVariable('DESKWRIGHT_LOG_RETENTION_IN_DAYS', '')
param logRetentionInDays = int(empty(logRetentionInDaysVariable) ? file.?logRetentionInDays ?? 90 : logRetentionInDaysVariable)

var exportEveryHoursVariable = readEnvironmentVariable('DESKWRIGHT_EXPORT_EVERY_HOURS', '')
param exportEveryHours = int(empty(exportEveryHoursVariable) ? file.?exportEveryHours ?? 24 : exportEveryHoursVariable)

var exportsKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_EXPORTS_KEPT_IN_DAYS', '')
param exportsKeptInDays = int(empty(exportsKeptInDaysVariable) ? file.?exportsKeptInDays ?? 30 : exportsKeptInDaysVariable)

var everyExportKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_EVERY_EXPORT_KEPT_IN_DAYS', '')
param everyExportKeptInDays = int(empty(everyExportKeptInDaysVariable) ? file.?everyExportKeptInDays ?? 2 : everyExportKeptInDaysVariable)

var operationsKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_OPERATIONS_KEPT_IN_DAYS', '')
param operationsKeptInDays = int(empty(operationsKeptInDaysVariable) ? file.?operationsKeptInDays ?? 90 : operationsKeptInDaysVariable)

var usageKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_USAGE_KEPT_IN_DAYS', '')
param usageKeptInDays = int(empty(usageKeptInDaysVariable) ? file.?usageKeptInDays ?? 90 : usageKeptInDaysVariable)

var auditKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_AUDIT_KEPT_IN_DAYS', '')
param auditKeptInDays = int(empty(auditKeptInDaysVariable) ? file.?auditKeptInDays ?? 0 : auditKeptInDaysVariable)

var timelinesKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_TIMELINES_KEPT_IN_DAYS', '')
param timelinesKeptInDays = int(empty(timelinesKeptInDaysVariable) ? file.?timelinesKeptInDays ?? 365 : timelinesKeptInDaysVariable)

var releasesKeptInDaysVariable = readEnvironmentVariable('DESKWRIGHT_RELEASES_KEPT_IN_DAYS', '')
param releasesKeptInDays = int(empty(releasesKeptInDaysVariable) ? file.?releasesKeptInDays ?? 365 : releasesKeptInDaysVariable)

var costKeptInMonthsVariable = readEnvironmentVariable('DESKWRIGHT_COST_KEPT_IN_MONTHS', '')
param costKeptInMonths = int(empty(costKeptInMonthsVariable) ? file.?costKeptInMonths ?? 13 : costKeptInMonthsVariable)

var mailUrlVariable = readEnvironmentVariable('DESKWRIGHT_MAIL_URL', '')
param mailUrl = empty(mailUrlVariable) ? file.?mailUrl ?? '' : mailUrlVariable

var mailSenderVariable = readEnvironmentVariable('DESKWRIGHT_MAIL_SENDER', '')
param mailSender = empty(mailSenderVariable) ? file.?mailSender ?? '' : mailSenderVariable

var webhookNetworksVariable = readEnvironmentVariable('DESKWRIGHT_WEBHOOK_NETWORKS', '')
param webhookNetworks = empty(webhookNetworksVariable) ? file.?webhookNetworks ?? '' : webhookNetworksVariable

var storageSkuVariable = readEnvironmentVariable('DESKWRIGHT_STORAGE_SKU', '')
param storageSku = empty(storageSkuVariable) ? file.?storageSku ?? 'Standard_ZRS' : storageSkuVariable

var reachableFromVariable = readEnvironmentVariable('DESKWRIGHT_REACHABLE_FROM', '')
param reachableFrom = empty(reachableFromVariable) ? file.?reachableFrom ?? 'subnet' : reachableFromVariable

var allowedAddressesVariable = replace(readEnvironmentVariable('DESKWRIGHT_ALLOWED_ADDRESSES', ''), ' ', '')
param allowedAddresses = empty(allowedAddressesVariable) ? file.?allowedAddresses ?? [] : split(allowedAddressesVariable, ',')

var addressSpaceVariable = readEnvironmentVariable('DESKWRIGHT_ADDRESS_SPACE', '')
param addressSpace = empty(addressSpaceVariable) ? file.?addressSpace ?? '10.254.0.0/24' : addressSpaceVariable

var appSubnetIdVariable = readEnvironmentVariable('DESKWRIGHT_APP_SUBNET_ID', '')
param appSubnetId = empty(appSubnetIdVariable) ? file.?appSubnetId ?? '' : appSubnetIdVariable

var endpointSubnetIdVariable = readEnvironmentVariable('DESKWRIGHT_ENDPOINT_SUBNET_ID', '')
param endpointSubnetId = empty(endpointSubnetIdVariable) ? file.?endpointSubnetId ?? '' : endpointSubnetIdVariable

var endpointAddressSpaceVariable = readEnvironmentVariable('DESKWRIGHT_ENDPOINT_ADDRESS_SPACE', '')
param endpointAddressSpace = empty(endpointAddressSpaceVariable) ? file.?endpointAddressSpace ?? '10.254.1.0/24' : endpointAddressSpaceVariable

var privateDnsZoneIdsVariable = readEnvironmentVariable('DESKWRIGHT_PRIVATE_DNS_ZONE_IDS', '')
param privateDnsZoneIds = empty(privateDnsZoneIdsVariable) ? file.?privateDnsZoneIds ?? {} : json(empty(privateDnsZoneIdsVariable) ? '{}' : privateDnsZoneIdsVariable)

var makePrivateDnsZonesVariable = readEnvironmentVariable('DESKWRIGHT_MAKE_PRIVATE_DNS_ZONES', '')
param makePrivateDnsZones = bool(empty(makePrivateDnsZonesVariable) ? file.?makePrivateDnsZones ?? true : makePrivateDnsZonesVariable)

var networkSecurityGroupIdVariable = readEnvironmentVariable('DESKWRIGHT_NETWORK_SECURITY_GROUP_ID', '')
param networkSecurityGroupId = empty(networkSecurityGroupIdVariable) ? file.?networkSecurityGroupId ?? '' : networkSecurityGroupIdVariable

var routeTableIdVariable = readEnvironmentVariable('DESKWRIGHT_ROUTE_TABLE_ID', '')
param routeTableId = empty(routeTableIdVariable) ? file.?routeTableId ?? '' : routeTableIdVariable

var appAllowedAddressesVariable = replace(readEnvironmentVariable('DESKWRIGHT_APP_ALLOWED_ADDRESSES', ''), ' ', '')
param appAllowedAddresses = empty(appAllowedAddressesVariable) ? file.?appAllowedAddresses ?? [] : split(appAllowedAddressesVariable, ',')

var storageNameVariable = readEnvironmentVariable('DESKWRIGHT_STORAGE_NAME', '')
param storageName = empty(storageNameVariable) ? file.?storageName ?? '' : storageNameVariable

var vaultNameVariable = readEnvironmentVariable('DESKWRIGHT_VAULT_NAME', '')
param vaultName = empty(vaultNameVariable) ? file.?vaultName ?? '' : vaultNameVariable

var appNameVariable = readEnvironmentVariable('DESKWRIGHT_APP_NAME', '')
param appName = empty(appNameVariable) ? file.?appName ?? '' : appNameVariable

var storageLogsVariable = replace(readEnvironmentVariable('DESKWRIGHT_STORAGE_LOGS', ''), ' ', '')
param storageLogs = empty(storageLogsVariable) ? file.?storageLogs ?? ['StorageDelete'] : split(storageLogsVariable, ',')

var alertAddressesVariable = replace(readEnvironmentVariable('DESKWRIGHT_ALERT_ADDRESSES', ''), ' ', '')
param alertAddresses = empty(alertAddressesVariable) ? file.?alertAddresses ?? [] : split(alertAddressesVariable, ',')

var tagsVariable = readEnvironmentVariable('DESKWRIGHT_TAGS', '')
param tags = empty(tagsVariable) ? file.?tags ?? {} : json(empty(tagsVariable) ? '{}' : tagsVariable)
