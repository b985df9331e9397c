// What the service may do in one subscription in which Cloud PCs are built: in all of it, which is meant for a
// subscription that nothing else uses, or in resource groups that exist. Deploy it at that subscription:
// az deployment sub create --location <region> --template-file infra/customer.bicep --parameters principalId=<object id>
targetScope = 'subscription'

@description('Object id of who builds here. In the provider\'s directory: the managed identity, output identityPrincipalId of main.bicep. In a customer\'s: the service principal of the multi-tenant app there.')
param principalId string

@description('Resource groups that are there already: of every site, and deskwright-<tenant>. Empty: the whole subscription.')
param resourceGroups array = []

// The roles with which people sign in to their Cloud PCs (activities/rights.py).
var desktopUserRole = '1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63' // Desktop Virtualization User
var machineUserRole = 'fb879df8-f326-4884-b1cf-06f3ad86be52' // Virtual Machine User Login
var powerOnRole = '489581de-a3bd-480d-9518-53dea7416b33' // Desktop Virtualization Power On Contributor
var signInRoles = '{${desktopUserRole}, ${machineUserRole}}'

// The service may give and take only the two roles, and only to and from people; and let a service start machines:
// Azure Virtual Desktop starts the host of a Spot Group when somebody signs in.
var roleAttribute = 'Microsoft.Authorization/roleAssignments:RoleDefinitionId'
var typeAttribute = 'Microsoft.Authorization/roleAssignments:PrincipalType'
var onlyUsers = 'ForAnyOfAnyValues:StringEqualsIgnoreCase {\'User\'}'
var notWriting = '!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})'
var notDeleting = '!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})'
var onlyServices = 'ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'}'
var toPeople = '@Request[${roleAttribute}] ForAnyOfAnyValues:GuidEquals ${signInRoles} AND @Request[${typeAttribute}] ${onlyUsers}'
var toServices = '@Request[${roleAttribute}] ForAnyOfAnyValues:GuidEquals {${powerOnRole}} AND @Request[${typeAttribute}] ${onlyServices}'
var given = '(${toPeople}) OR (${toServices})'
var taken = '@Resource[${roleAttribute}] ForAnyOfAnyValues:GuidEquals {${desktopUserRole}, ${machineUserRole}, ${powerOnRole}}'

resource builder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'deskwright-builder')
  properties: {
    roleName: 'Deskwright builder ${subscription().subscriptionId}'
    description: 'Builds, assigns and removes Cloud PCs and device images. infra/README.md says what for.'
    type: 'CustomRole'
    permissions: [
      {
        actions: loadJsonContent('actions.json')
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

var condition = '((${notWriting}) OR (${given})) AND ((${notDeleting}) OR (${taken}))'

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (empty(resourceGroups)) {
  name: guid(subscription().id, principalId, 'deskwright-builder')
  properties: {
    roleDefinitionId: builder.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    conditionVersion: '2.0'
    condition: condition
  }
}

module groupAccess 'customer-group.bicep' = [for group in resourceGroups: {
  name: 'deskwright-${group}'
  scope: resourceGroup(group)
  params: {
    principalId: principalId
    roleDefinitionId: builder.id
    condition: condition
  }
}]

// What belongs to no resource group: sizes, quotas, marketplace images, running operations.
resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!empty(resourceGroups)) {
  name: guid(subscription().id, 'deskwright-reader')
  properties: {
    roleName: 'Deskwright reader ${subscription().subscriptionId}'
    description: 'Reads what a subscription offers to Cloud PCs. infra/README.md says what for.'
    type: 'CustomRole'
    permissions: [
      {
        actions: loadJsonContent('subscription-actions.json')
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

resource reading 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(resourceGroups)) {
  name: guid(subscription().id, principalId, 'deskwright-reader')
  properties: {
    roleDefinitionId: reader.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output roleDefinitionId string = builder.id
