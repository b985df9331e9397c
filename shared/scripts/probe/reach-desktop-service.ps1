# Host names that represent the wildcards of Azure Virtual Desktop's list.
Assert-Reached 'rdweb.wvd.microsoft.com', 'rdbroker.wvd.microsoft.com', 'rdgateway.wvd.microsoft.com',
    'gcs.prod.monitoring.core.windows.net', 'wvdportalstorageblob.blob.core.windows.net', 'azkms.core.windows.net:1688'
