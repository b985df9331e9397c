# Without one the domain puts new computers where it always does.
if ($OrganizationalUnit) { Get-Entry $OrganizationalUnit }
