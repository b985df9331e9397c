// The service with its resource group, as azd deploys it (azure.yaml), and `python -m deployment` without azd.
targetScope = 'subscription'

@description('Name of the azd environment: of this installation.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of the service; the Cloud PCs may be anywhere.')
param location string

@description('Name of the resource group. Empty: rg- and the name of the environment.')
param resourceGroupName string = ''

@description('Whether the resource group is made. false: it exists, and keeps its tags.')
param makeResourceGroup bool = true

@description('Client id of the API\'s app registration; the hook preprovision makes it.')
param apiClientId string

@description('Client id of the registration that people sign in with; the hook preprovision makes it.')
param signInClientId string

@description('Whose people sign in: one Entra tenant, or organizations for those of every customer; empty: the subscription\'s own.')
param signInDirectory string = ''

@description('Client id of the multi-tenant app that enters customers\' directories; empty: only the provider\'s own.')
param appClientId string = ''

// The parameters of main.bicep, by tests.infra.parameters (make infra):

@description('Begins the name of every resource.')
@minLength(4)
@maxLength(10)
param name string = 'deskwright'

@description('Entra tenant of the provider: provider roles count only in its tokens. Empty: the subscription\'s own.')
param providerTenantId string = ''

@description('Most instances at a time. Eight partitions bound the orchestrators, not the activities.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 90

@description('Hours between two exports of the tables; 24: one each night.')
@minValue(1)
@maxValue(24)
param exportEveryHours int = 24

@description('Days that an export of the tables is kept.')
@minValue(1)
@maxValue(3650)
param exportsKeptInDays int = 30

@description('Days in which every export is kept; of an earlier day the first that is whole.')
@minValue(1)
@maxValue(3650)
param everyExportKeptInDays int = 2

@description('Days that operations and bulk actions are kept after their end.')
@minValue(1)
@maxValue(3650)
param operationsKeptInDays int = 90

@description('Days that recorded usage is kept.')
@minValue(1)
@maxValue(3650)
param usageKeptInDays int = 90

@description('Days that audit events are kept, at least 30; 0: as long as the service.')
@minValue(0)
@maxValue(36500)
param auditKeptInDays int = 0

@description('Days that an entry of a timeline is kept, of a build that has been replaced.')
@minValue(30)
@maxValue(36500)
param timelinesKeptInDays int = 365

@description('Days that a release of a Spot Group is kept after its end.')
@minValue(30)
@maxValue(36500)
param releasesKeptInDays int = 365

@description('Months before the running one of which costs are kept.')
@minValue(1)
@maxValue(120)
param costKeptInMonths int = 13

@description('Endpoint of Azure Communication Services that send mail of notices; none: no mail of the service itself.')
param mailUrl string = ''

@description('Sender of that mail: an address of a verified domain.')
param mailSender string = ''

@description('Private networks that webhooks of notices may reach, as CIDR with spaces between; none: public addresses alone.')
param webhookNetworks string = ''

@description('Redundancy of the records: Standard_ZRS where the region has zones, else Standard_LRS.')
@allowed([
  'Standard_ZRS'
  'Standard_LRS'
  'Standard_GZRS'
])
param storageSku string = 'Standard_ZRS'

@description('Which networks reach the storage account and the vault. subnet: only the app\'s own, and allowedAddresses; privateEndpoints: only private endpoints, without any public access; anywhere: all of them. Roles decide in each.')
@allowed([
  'subnet'
  'privateEndpoints'
  'anywhere'
])
param reachableFrom string = 'subnet'

@description('Public IPv4 addresses, or ranges in CIDR form, that reach them too: of senders to directory-changes, of whoever restores an export.')
param allowedAddresses array = []

@description('Addresses of the app\'s network. Nothing is peered with it; each instance takes one.')
param addressSpace string = '10.254.0.0/24'

@description('Id of an existing subnet for the app, delegated to Microsoft.App/environments. Empty: a network is made for it.')
param appSubnetId string = ''

@description('Id of an existing subnet for private endpoints; needed with appSubnetId and privateEndpoints. Empty: one is made in the app\'s network.')
param endpointSubnetId string = ''

@description('Addresses of the private endpoints in the app\'s network.')
param endpointAddressSpace string = '10.254.1.0/24'

@description('Ids of private DNS zones that exist, by service: blob, queue, table, vault.')
param privateDnsZoneIds object = {}

@description('Whether the private DNS zones that privateDnsZoneIds does not name are made. false: whoever runs the network registers the endpoints.')
param makePrivateDnsZones bool = true

@description('Id of an existing network security group for the subnets that are made. Empty: none.')
param networkSecurityGroupId string = ''

@description('Id of an existing route table for the app\'s subnet that is made, such as one through a firewall. Empty: none.')
param routeTableId string = ''

@description('Who reaches the app: ranges in CIDR form, or service tags of Azure. None: everybody, and tokens decide.')
param appAllowedAddresses array = []

@description('Name of the storage account. Empty: of name and the resource group.')
@maxLength(24)
param storageName string = ''

@description('Name of the vault. Empty: of name and the resource group.')
@maxLength(24)
param vaultName string = ''

@description('Name of the function app, which begins its address. Empty: of name and the resource group.')
@maxLength(60)
param appName string = ''

@description('What of the storage account\'s transactions is logged: StorageRead, StorageWrite, StorageDelete.')
param storageLogs array = [
  'StorageDelete'
]

@description('Addresses of e-mail that alerts go to; none: alerts are only shown in the portal of Azure.')
param alertAddresses array = []

@description('Tags of every resource that can have some.')
param tags object = {}

// The end of parameters of main.bicep.

var allTags = union({
  service: 'deskwright'
  'azd-env-name': environmentName
}, tags)

var groupName = empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (makeResourceGroup) {
  name: groupName
  location: location
  tags: allTags
}

module service 'main.bicep' = {
  name: 'deskwright'
  scope: resourceGroup(groupName)
  params: {
    location: location
    apiClientId: apiClientId
    signInClientId: signInClientId
    // azd does not know the directory before the first deployment.
    signInDirectory: empty(signInDirectory) ? tenant().tenantId : signInDirectory
    appClientId: appClientId
    // The values of main.bicep, by tests.infra.parameters:
    name: name
    providerTenantId: providerTenantId
    maximumInstanceCount: maximumInstanceCount
    logRetentionInDays: logRetentionInDays
    exportEveryHours: exportEveryHours
    exportsKeptInDays: exportsKeptInDays
    everyExportKeptInDays: everyExportKeptInDays
    operationsKeptInDays: operationsKeptInDays
    usageKeptInDays: usageKeptInDays
    auditKeptInDays: auditKeptInDays
    timelinesKeptInDays: timelinesKeptInDays
    releasesKeptInDays: releasesKeptInDays
    costKeptInMonths: costKeptInMonths
    mailUrl: mailUrl
    mailSender: mailSender
    webhookNetworks: webhookNetworks
    storageSku: storageSku
    reachableFrom: reachableFrom
    allowedAddresses: filter(allowedAddresses, each => !empty(each))
    addressSpace: addressSpace
    appSubnetId: appSubnetId
    endpointSubnetId: endpointSubnetId
    endpointAddressSpace: endpointAddressSpace
    privateDnsZoneIds: privateDnsZoneIds
    makePrivateDnsZones: makePrivateDnsZones
    networkSecurityGroupId: networkSecurityGroupId
    routeTableId: routeTableId
    appAllowedAddresses: filter(appAllowedAddresses, each => !empty(each))
    storageName: storageName
    vaultName: vaultName
    appName: appName
    storageLogs: filter(storageLogs, each => !empty(each))
    alertAddresses: filter(alertAddresses, each => !empty(each))
    tags: allTags
    // The end of values of main.bicep.
  }
  dependsOn: [
    group
  ]
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = groupName
output AZURE_TENANT_ID string = tenant().tenantId
output SERVICE_API_NAME string = service.outputs.appName
output SERVICE_API_URI string = service.outputs.appUrl
output SERVICE_API_IDENTITY_CLIENT_ID string = service.outputs.identityClientId
output SERVICE_API_IDENTITY_PRINCIPAL_ID string = service.outputs.identityPrincipalId
output DIRECTORY_CHANGES_QUEUE_URL string = service.outputs.queueUrl
