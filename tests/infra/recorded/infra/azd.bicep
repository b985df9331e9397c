// The service with its resource group, as azd deploys it (azure.yaml), and `python -m deployment` without azd.
targetScope = 'subscription'

@description('Name of the azd environment: of this installation.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of the service; the Cloud PCs may be anywhere.')
param location string

@description('Client id of the API\'s app registration; the hook preprovision makes it.')
param apiClientId string

@description('Client id of the registration that people sign in with; the hook preprovision makes it.')
param signInClientId string

@description('Whose people sign in: one Entra tenant, or organizations for those of every customer; empty: the subscription\'s own.')
param signInDirectory string = ''

@description('Client id of the multi-tenant app that enters customers\' directories; empty: only the provider\'s own.')
param appClientId string = ''

@description('Public addresses that reach the storage account and the vault (main.bicep).')
param allowedAddresses array = []

@description('Addresses of e-mail that alerts go to (main.bicep).')
param alertAddresses array = []

var tags = {
  service: 'deskwright'
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module service 'main.bicep' = {
  name: 'deskwright'
  scope: group
  params: {
    location: location
    apiClientId: apiClientId
    signInClientId: signInClientId
    // azd does not know the directory before the first deployment.
    signInDirectory: empty(signInDirectory) ? tenant().tenantId : signInDirectory
    appClientId: appClientId
    allowedAddresses: filter(allowedAddresses, each => !empty(each))
    alertAddresses: filter(alertAddresses, each => !empty(each))
    tags: tags
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_TENANT_ID string = tenant().tenantId
output SERVICE_API_NAME string = service.outputs.appName
output SERVICE_API_URI string = service.outputs.appUrl
output SERVICE_API_IDENTITY_CLIENT_ID string = service.outputs.identityClientId
output SERVICE_API_IDENTITY_PRINCIPAL_ID string = service.outputs.identityPrincipalId
output DIRECTORY_CHANGES_QUEUE_URL string = service.outputs.queueUrl
