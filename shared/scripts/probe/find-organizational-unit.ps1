# Without one the domain uses its default container for computers.
if ($OrganizationalUnit) { Get-Entry $OrganizationalUnit }
