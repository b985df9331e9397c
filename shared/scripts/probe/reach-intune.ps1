Assert-Reached 'enrollment.manage.microsoft.com', 'manage.microsoft.com', 'dm.microsoft.com'
