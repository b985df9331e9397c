// What the service may do in one subscription in which Cloud PCs are built. Deploy it at that subscription:
// az deployment sub create --location <region> --template-file infra/customer.bicep --parameters principalId=<object id>
targetScope = 'subscription'

@description('Object id of who builds here. In the provider\'s directory: the managed identity, output identityPrincipalId of main.bicep. In a customer\'s: the service principal of the multi-tenant app there.')
param principalId string

// The roles with which people sign in to their Cloud PCs (activities/rights.py).
var desktopUserRole = '1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63' // Desktop Virtualization User
var machineUserRole = 'fb879df8-f326-4884-b1cf-06f3ad86be52' // Virtual Machine User Login
var signInRoles = '{${desktopUserRole}, ${machineUserRole}}'

// The service may give and take only these two roles, and only to and from people.
var roleAttribute = 'Microsoft.Authorization/roleAssignments:RoleDefinitionId'
var typeAttribute = 'Microsoft.Authorization/roleAssignments:PrincipalType'
var onlyUsers = 'ForAnyOfAnyValues:StringEqualsIgnoreCase {\'User\'}'
var notWriting = '!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})'
var notDeleting = '!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})'
var given = '@Request[${roleAttribute}] ForAnyOfAnyValues:GuidEquals ${signInRoles} AND @Request[${typeAttribute}] ${onlyUsers}'
var taken = '@Resource[${roleAttribute}] ForAnyOfAnyValues:GuidEquals ${signInRoles}'

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

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, 'deskwright-builder')
  properties: {
    roleDefinitionId: builder.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    conditionVersion: '2.0'
    condition: '((${notWriting}) OR (${given})) AND ((${notDeleting}) OR (${taken}))'
  }
}

output roleDefinitionId string = builder.id
