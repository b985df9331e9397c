# Hybrid: the on-premises user principal name. Entra: the security identifier of the user. The group is named by its
# well-known SID: its name depends on the language of Windows.
if (-not $LocalAdministrator) { throw 'no account was given: there is none, or it has characters that are not passed to scripts' }
$group = (Get-LocalGroup -SID 'S-1-5-32-544').Name
try {
    Add-LocalGroupMember -Group $group -Member $LocalAdministrator
}
catch [Microsoft.PowerShell.Commands.MemberExistsException] {
    # The user is one already: this step may run again.
}
