# The platform's addresses, which the agent and extensions need, and those of Windows App.
Assert-Reached '168.63.129.16:80', '168.63.129.16:32526', '169.254.169.254:80', 'windows.cloud.microsoft',
    'windows.static.microsoft'
