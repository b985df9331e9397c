Assert-Reached 'fe3.delivery.mp.microsoft.com', 'dl.delivery.mp.microsoft.com:80'
