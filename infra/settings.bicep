// The app's settings: ours, and those that an operator has added in Azure. A deployment replaces all of them.

param appName string

@description('Settings that the app has.')
@secure()
param kept object

@description('Settings of this deployment.')
param settings object

var ours = 'DESKWRIGHT_'
// Of ours only those that the deployment still has: an earlier release may have had others.
var others = toObject(filter(items(kept), each => !startsWith(each.key, ours)), each => each.key, each => each.value)

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(others, settings)
  }
}
