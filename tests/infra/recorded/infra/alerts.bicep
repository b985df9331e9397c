// Who is told of what: the alerts of monitoring.json, a test of availability from outside, and the workbook.

param name string
param location string
param tags object
param insightsId string
param appUrl string

@description('Addresses of e-mail that alerts go to; none: alerts are only shown in the portal of Azure.')
param alertAddresses array

var monitoring = loadJsonContent('monitoring.json')

// Regions that the service is tried from: https://learn.microsoft.com/azure/azure-monitor/app/availability-standard-tests
var places = [
  'emea-nl-ams-azr'
  'emea-gb-db3-azr'
  'us-va-ash-azr'
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertAddresses)) {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [for (address, index) in alertAddresses: {
      name: 'address ${index}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in monitoring.alerts: {
  name: '${name}-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Deskwright: ${alert.title}'
    description: '${alert.means} What to do: docs/runbooks/${alert.name}.md'
    severity: alert.severity
    enabled: true
    scopes: [
      insightsId
    ]
    evaluationFrequency: alert.every
    windowSize: alert.window
    criteria: {
      allOf: [
        {
          query: join(alert.query, '\n')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    actions: {
      actionGroups: empty(alertAddresses) ? [] : [
        people.id
      ]
      customProperties: {
        runbook: 'docs/runbooks/${alert.name}.md'
      }
    }
  }
}]

resource availability 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-availability'
  location: location
  tags: union(tags, {
    'hidden-link:${insightsId}': 'Resource'
  })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${name}-availability'
    Name: 'Deskwright answers'
    Enabled: true
    Frequency: 300
    Timeout: 30
    Kind: 'standard'
    RetryEnabled: true
    Locations: [for place in places: {
      Id: place
    }]
    Request: {
      RequestUrl: '${appUrl}/api/configuration'
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource unreachable 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-unreachable'
  location: 'global'
  tags: tags
  properties: {
    description: 'Two places of three reach no service. What to do: docs/runbooks/unreachable.md'
    severity: 1
    enabled: true
    scopes: [
      availability.id
      insightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: availability.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: empty(alertAddresses) ? [] : [
      {
        actionGroupId: people.id
      }
    ]
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insightsId, 'deskwright')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Deskwright'
    category: 'workbook'
    sourceId: insightsId
    serializedData: loadTextContent('workbook.json')
  }
}
