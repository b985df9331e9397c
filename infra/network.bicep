// The network of the function app: what the storage account and the vault let in (main.bicep, reachableFrom), or where
// their private endpoints are.

param name string
param location string
param tags object
param addressSpace string
param subnetName string

@description('Addresses of the subnet for private endpoints; empty: none is made.')
param endpointAddressSpace string
param endpointSubnetName string
param networkSecurityGroupId string
param routeTableId string

var group = empty(networkSecurityGroupId) ? null : {
  id: networkSecurityGroupId
}
// Where all traffic is routed elsewhere, the platform's own calls to the app need a way (synctriggers):
// https://learn.microsoft.com/azure/azure-functions/functions-networking-options
var ways = empty(routeTableId) ? [] : [
  {
    service: 'Microsoft.Web'
  }
]
var endpointSubnets = empty(endpointAddressSpace) ? [] : [
  {
    name: endpointSubnetName
    properties: {
      addressPrefix: endpointAddressSpace
      networkSecurityGroup: group
    }
  }
]

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: concat([
        addressSpace
      ], empty(endpointAddressSpace) ? [] : [
        endpointAddressSpace
      ])
    }
    subnets: concat([
      {
        name: subnetName
        properties: {
          addressPrefix: addressSpace
          // Flex Consumption: https://learn.microsoft.com/azure/azure-functions/flex-consumption-how-to
          delegations: [
            {
              name: 'functions'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
          networkSecurityGroup: group
          routeTable: empty(routeTableId) ? null : {
            id: routeTableId
          }
          serviceEndpoints: concat([
            {
              service: 'Microsoft.Storage'
            }
            {
              service: 'Microsoft.KeyVault'
            }
          ], ways)
        }
      }
    ], endpointSubnets)
  }
}
