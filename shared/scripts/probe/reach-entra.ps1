Assert-Reached 'login.microsoftonline.com', 'login.live.com', 'device.login.microsoftonline.com',
    'enterpriseregistration.windows.net', 'pas.windows.net'
