// Private endpoints of the storage account and the vault, and the DNS zones in which their names are found.

param name string
param location string
param tags object
param subnetId string

@description('Network in which the zones are found: the app\'s.')
param networkId string
param storageId string
param vaultId string

@description('Ids of zones that exist, by service.')
param zoneIds object
param makeZones bool

// Zones: https://learn.microsoft.com/azure/private-link/private-endpoint-dns
var services = [
  {
    name: 'blob'
    target: storageId
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    name: 'queue'
    target: storageId
    zone: 'privatelink.queue.${environment().suffixes.storage}'
  }
  {
    name: 'table'
    target: storageId
    zone: 'privatelink.table.${environment().suffixes.storage}'
  }
  {
    name: 'vault'
    target: vaultId
    zone: 'privatelink.vaultcore.azure.net'
  }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for service in services: if (makeZones && !contains(zoneIds, service.name)) {
  name: service.zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (service, index) in services: if (makeZones && !contains(zoneIds, service.name)) {
  parent: zones[index]
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [for service in services: {
  name: '${name}-${service.name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: service.name
        properties: {
          privateLinkServiceId: service.target
          groupIds: [
            service.name
          ]
        }
      }
    ]
  }
}]

// Without one the names lead to public addresses, unless whoever runs the network registers the endpoints.
resource groups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [for (service, index) in services: if (makeZones || contains(zoneIds, service.name)) {
  parent: endpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: service.name
        properties: {
          privateDnsZoneId: contains(zoneIds, service.name) ? zoneIds[service.name] : zones[index].id
        }
      }
    ]
  }
}]
