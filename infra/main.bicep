// Deskwright itself: everything in one resource group of the provider. No key and no connection string anywhere.
// docs/operations.md has the steps around it; infra/customer.bicep is for each subscription in which Cloud PCs are built.

@description('Begins the name of every resource.')
@minLength(4)
@maxLength(10)
param name string = 'deskwright'

@description('Region of the service; the Cloud PCs may be anywhere.')
param location string = resourceGroup().location

@description('Entra tenant of the provider: provider roles count only in its tokens. Empty: the subscription\'s own.')
param providerTenantId string = ''

@description('Client id of the API\'s app registration. Tokens of version 2.0 name it as their audience.')
param apiClientId string

@description('Client id of the multi-tenant app that enters customers\' directories and subscriptions; empty: only the provider\'s own.')
param appClientId string = ''

@description('Client id of the registration that people sign in with (a portal, a command line); empty: none yet.')
param signInClientId string = ''

@description('Whose people sign in: one Entra tenant, or organizations for those of every customer.')
param signInDirectory string = 'organizations'

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

var unique = uniqueString(resourceGroup().id)
var packageContainer = 'package'
var restricted = reachableFrom != 'anywhere'
var isPrivate = reachableFrom == 'privateEndpoints'
var makesNetwork = restricted && empty(appSubnetId)
var subnetName = 'functions'
var subnetId = empty(appSubnetId) ? resourceId('Microsoft.Network/virtualNetworks/subnets', name, subnetName) : appSubnetId
var endpointSubnetName = 'endpoints'
var endpointsIn = empty(endpointSubnetId) ? resourceId('Microsoft.Network/virtualNetworks/subnets', name, endpointSubnetName) : endpointSubnetId
var appTitle = empty(appName) ? '${name}-${unique}' : appName
var publicNetworkAccess = isPrivate ? 'Disabled' : 'Enabled'
var networkAcls = {
  bypass: 'None'
  defaultAction: restricted ? 'Deny' : 'Allow'
  virtualNetworkRules: reachableFrom == 'subnet' ? [
    {
      id: subnetId
    }
  ] : []
  ipRules: map(isPrivate ? [] : allowedAddresses, address => {
    value: address
  })
}
// A range has a slash, a service tag has none.
var appRules = [for (address, index) in appAllowedAddresses: {
  name: 'allowed ${index}'
  action: 'Allow'
  priority: 100 + index
  ipAddress: address
  tag: contains(address, '/') ? 'Default' : 'ServiceTag'
}]
var queueNames = [
  'directory-changes'
  'directory-changes-poison'
  'notices'
  'notices-poison'
]

// Built-in roles, by the ids that they have in every directory.
var storageRoles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner: the host's leases, large durable messages, the package, the exports
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor: directory-changes, the task hub's queues
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor: our records, the task hub's history
]
var secretsOfficerRole = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7' // Key Vault Secrets Officer: join passwords come and go
var metricsPublisherRole = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher: telemetry without a key

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

module network 'network.bicep' = if (makesNetwork) {
  name: 'network'
  params: {
    name: name
    location: location
    tags: tags
    addressSpace: addressSpace
    subnetName: subnetName
    endpointAddressSpace: isPrivate && empty(endpointSubnetId) ? endpointAddressSpace : ''
    endpointSubnetName: endpointSubnetName
    networkSecurityGroupId: networkSecurityGroupId
    routeTableId: routeTableId
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: empty(storageName) ? toLower('${replace(name, '-', '')}${unique}') : storageName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: storageSku
  }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: networkAcls
  }
  dependsOn: [
    network
  ]

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: 7
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource package 'containers' = {
      name: packageContainer
      properties: {
        publicAccess: 'None'
      }
    }

    // The exports of the tables (docs/operations.md).
    resource exports 'containers' = {
      name: 'exports'
      properties: {
        publicAccess: 'None'
      }
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource named 'queues' = [for queueName in queueNames: {
      name: queueName
    }]
  }
}

// Tables are made by the app when it first writes to them.
resource storageAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in storageRoles: {
  name: guid(storage.id, identity.id, role)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: empty(vaultName) ? '${name}-${unique}' : vaultName
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: networkAcls
  }
  dependsOn: [
    network
  ]
}

module endpoints 'endpoints.bicep' = if (isPrivate) {
  name: 'endpoints'
  params: {
    name: name
    location: location
    tags: tags
    subnetId: endpointsIn
    networkId: split(subnetId, '/subnets/')[0]
    storageId: storage.id
    vaultId: vault.id
    zoneIds: privateDnsZoneIds
    makeZones: makePrivateDnsZones
  }
  dependsOn: [
    network
  ]
}

resource vaultAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsOfficerRole)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficerRole)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: logRetentionInDays
    features: {
      disableLocalAuth: true
    }
  }
}

module diagnostics 'diagnostics.bicep' = {
  name: 'diagnostics'
  params: {
    vaultName: vault.name
    storageName: storage.name
    workspaceId: logs.id
    storageLogs: storageLogs
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true
  }
}

resource insightsAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, metricsPublisherRole)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisherRole)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    insightsId: insights.id
    appUrl: 'https://${app.properties.defaultHostName}'
    alertAddresses: alertAddresses
  }
}

// Flex Consumption: the plan that needs no file share, and so no storage key (docs/decisions/0013-flex-consumption.md).
resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

// As in local.settings.sample.json; FUNCTIONS_WORKER_RUNTIME is said in functionAppConfig on this plan.
var settings = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  // The worker sends our spans and metrics itself (docs/operations.md, telemetry). Of spans one in ten; what the Azure
  // SDK says of every read of a table is left out: it would cost more than the tables.
  PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '0.1'
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,psycopg2,requests,urllib,urllib3'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
  DESKWRIGHT_TABLES_URL: storage.properties.primaryEndpoints.table
  DESKWRIGHT_QUEUES_URL: storage.properties.primaryEndpoints.queue
  DESKWRIGHT_BLOBS_URL: storage.properties.primaryEndpoints.blob
  DESKWRIGHT_EXPORT_EVERY_HOURS: string(exportEveryHours)
  DESKWRIGHT_EXPORTS_KEPT_IN_DAYS: string(exportsKeptInDays)
  DESKWRIGHT_EVERY_EXPORT_KEPT_IN_DAYS: string(everyExportKeptInDays)
  DESKWRIGHT_OPERATIONS_KEPT_IN_DAYS: string(operationsKeptInDays)
  DESKWRIGHT_USAGE_KEPT_IN_DAYS: string(usageKeptInDays)
  DESKWRIGHT_MAIL_URL: mailUrl
  DESKWRIGHT_MAIL_SENDER: mailSender
  DESKWRIGHT_WEBHOOK_NETWORKS: webhookNetworks
  DESKWRIGHT_REGION: location
  DESKWRIGHT_KEY_VAULT_URL: vault.properties.vaultUri
  DESKWRIGHT_PROVIDER_TENANT_ID: empty(providerTenantId) ? tenant().tenantId : providerTenantId
  DESKWRIGHT_API_AUDIENCE: apiClientId
  DESKWRIGHT_SIGN_IN_CLIENT_ID: signInClientId
  DESKWRIGHT_SIGN_IN_SCOPE: 'api://${apiClientId}/access_as_user'
  DESKWRIGHT_SIGN_IN_DIRECTORY: signInDirectory
  DESKWRIGHT_CLIENT_ID: identity.properties.clientId
  DESKWRIGHT_APP_CLIENT_ID: appClientId
  DESKWRIGHT_NOTIFICATION_URL: 'https://${appTitle}.azurewebsites.net/api/graph/notifications'
  DESKWRIGHT_ARM_URL: environment().resourceManager
  DESKWRIGHT_GRAPH_URL: 'https://graph.microsoft.com'
  DESKWRIGHT_COST_KEPT_IN_MONTHS: string(costKeptInMonths)
  DESKWRIGHT_AUDIT_KEPT_IN_DAYS: auditKeptInDays == 0 ? '' : string(max(auditKeptInDays, 30))
  DESKWRIGHT_TIMELINES_KEPT_IN_DAYS: string(timelinesKeptInDays)
  DESKWRIGHT_RELEASES_KEPT_IN_DAYS: string(releasesKeptInDays)
  DESKWRIGHT_PRICES_URL: 'https://prices.azure.com'
  DESKWRIGHT_METRICS_URL: 'https://{region}.metrics.monitor.azure.com'
  DESKWRIGHT_AUTHORITY_URL: environment().authentication.loginEndpoint
  DESKWRIGHT_TRUST_CLIENT_PRINCIPAL: 'false'
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: appTitle
  location: location
  tags: union(tags, {
    'azd-service-name': 'api' // azure.yaml: where azd publishes the package
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: restricted || !empty(appSubnetId) ? subnetId : null
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.11'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: [
          {
            name: 'http'
            instanceCount: 1
          }
          {
            name: 'durable'
            instanceCount: 1
          }
          {
            name: 'function:sweep' // every minute: on demand each tick would begin with a cold start
            instanceCount: 1
          }
        ]
        // Without it an instance of a Python app answers one request at a time (docs/operations.md, how many requests).
        triggers: {
          http: {
            perInstanceConcurrency: 16
          }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      ipSecurityRestrictions: empty(appAllowedAddresses) ? null : appRules
      ipSecurityRestrictionsDefaultAction: empty(appAllowedAddresses) ? null : 'Deny'
      scmIpSecurityRestrictionsUseMain: empty(appAllowedAddresses) ? null : true
    }
  }
  // Without its roles the host cannot start; a package cannot be read.
  dependsOn: [
    storageAccess
    vaultAccess
    insightsAccess
    network
    endpoints
    storage::blobs::package
  ]

  resource noFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource noBasicDeployment 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

// When it is deployed the app exists: what an operator has added is read then, and stays.
module appSettings 'settings.bicep' = {
  name: 'settings'
  params: {
    appName: app.name
    kept: list(resourceId('Microsoft.Web/sites/config', app.name, 'appsettings'), '2025-03-01').properties
    settings: settings
  }
}

output appName string = app.name
output appUrl string = 'https://${app.properties.defaultHostName}'
output apiUrl string = 'https://${app.properties.defaultHostName}/api'
output queueUrl string = '${storage.properties.primaryEndpoints.queue}directory-changes'
output identityClientId string = identity.properties.clientId
output identityPrincipalId string = identity.properties.principalId
