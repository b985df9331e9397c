// The builder's role in one resource group (customer.bicep, resourceGroups).

param principalId string
param roleDefinitionId string
param condition string

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, 'deskwright-builder')
  properties: {
    roleDefinitionId: roleDefinitionId
    principalId: principalId
    principalType: 'ServicePrincipal'
    conditionVersion: '2.0'
    condition: condition
  }
}
