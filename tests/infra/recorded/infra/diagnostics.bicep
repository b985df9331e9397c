// What the vault and the storage account write down of those who call them, into the service's workspace.

param vaultName string
param storageName string
param workspaceId string

@description('Of StorageRead, StorageWrite and StorageDelete. One line for each transaction: docs/operations.md has the cost.')
param storageLogs array

var kept = [for category in storageLogs: {
  category: category
  enabled: true
}]

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }

  resource queues 'queueServices' existing = {
    name: 'default'
  }

  resource tables 'tableServices' existing = {
    name: 'default'
  }
}

// Every call: secrets are read seldom, and by the app alone.
resource ofVault 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'deskwright'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

resource ofBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'deskwright'
  scope: storage::blobs
  properties: {
    workspaceId: workspaceId
    logs: kept
  }
}

resource ofQueues 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'deskwright'
  scope: storage::queues
  properties: {
    workspaceId: workspaceId
    logs: kept
  }
}

resource ofTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'deskwright'
  scope: storage::tables
  properties: {
    workspaceId: workspaceId
    logs: kept
  }
}
