# The platform's own addresses, without which neither agent nor extension works, and Windows App's.
Assert-Reached '168.63.129.16:80', '168.63.129.16:32526', '169.254.169.254:80', 'windows.cloud.microsoft',
    'windows.static.microsoft'
